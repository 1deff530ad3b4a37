// What operators see of the merge of one partition (control path).
import { MERGE_STUCK_MS } from '../../core/merge-limits.ts';
import { MS_PER_SECOND } from '../../core/time.ts';
import { partitionName } from '../../core/topic-partition.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { Merger, Stop } from './merger.ts';

export class MergeReports {
  readonly #telemetry: Telemetry;
  readonly #clock: () => number;
  readonly #labels: { readonly topic: string; readonly partition: string };
  readonly #where: string;
  #waitsFor = '';
  #sinceMs = 0;

  /** @param clock monotonic, ms */
  constructor(topic: string, partition: number, telemetry: Telemetry, clock: () => number) {
    this.#telemetry = telemetry;
    this.#clock = clock;
    this.#labels = { topic, partition: String(partition) };
    this.#where = partitionName({ topic, partition });
  }

  report({ rows }: Merger, stop: Stop): void {
    const waitsFor = stop.kind === 'waits' ? stop.source.name : '';
    if (waitsFor !== this.#waitsFor) {
      this.#waitsFor = waitsFor;
      this.#sinceMs = this.#clock();
      this.#telemetry.clear('merge_waiting', this.#where);
    }
    const waitedMs = waitsFor === '' ? 0 : this.#clock() - this.#sinceMs;
    this.#telemetry.gauge('merge_waiting_events', rows, this.#labels);
    this.#telemetry.gauge('merge_waiting_seconds', waitedMs / MS_PER_SECOND, this.#labels);
    if (waitedMs < MERGE_STUCK_MS || stop.kind !== 'waits') return;
    const { progress } = stop.source;
    const at = progress === null ? 'has written nothing yet' : `is at offset ${progress.offsetNext}`;
    const reason = `${rows} events wait for ${waitsFor}, whose task ${at}: is its topology running?`;
    this.#telemetry.raise('merge_waiting', this.#where, reason, { blocksReadiness: true });
  }

  close(): void {
    this.#telemetry.clear('merge_waiting', this.#where);
    for (const name of ['merge_waiting_events', 'merge_waiting_seconds'] as const)
      this.#telemetry.removeGauge(name, this.#labels);
  }
}
