// Checks what a record of the observations claims about the progress of its partition (control path). An epoch
// commits its observations and the group's position in one transaction, with the watermark in the position's metadata: a
// boundary beyond that watermark was never reached. Without the check, one record with a boundary in the
// far future decides all before it.
import { setTimeout as sleep } from 'node:timers/promises';
import { BOUNDARY_UNKNOWN_MS_MAX } from '../../core/loop-limits.ts';
import { COMMIT_VISIBLE_MS_MAX } from '../../core/task-limits.ts';
import { instantText } from '../../core/time.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { RecordFault } from '../../ports/quarantine.ts';
import type { AlignedTopology } from '../../topology/learning-options.ts';
import { groupOf } from '../../topology/topics.ts';
import { parseMetadata } from '../recovery/committed-position.ts';
import { outOfRange } from '../own-records.ts';
import type { ObservationsRecord } from './observation-record.ts';

/** Between two looks at the group's position, ms. */
const POLL_MS = 50;

/** The watermark of a partition that has none in its position. */
const UNKNOWN = Number.NEGATIVE_INFINITY;

export class ClaimedProgress {
  readonly #topology: AlignedTopology;
  readonly #log: Pick<EventLog, 'committedOffsets' | 'partitionCounts'>;
  readonly #nowMs: () => number;
  #partitions: number;
  /** Of each partition, as it was last committed, ms; UNKNOWN if its position does not say. */
  readonly #watermarks = new Map<number, number>();

  /** @param topology whose partitions the records are of */
  constructor(
    topology: AlignedTopology,
    log: Pick<EventLog, 'committedOffsets' | 'partitionCounts'>,
    nowMs: () => number,
  ) {
    this.#topology = topology;
    this.#log = log;
    this.#nowMs = nowMs;
    this.#partitions = topology.source.partitions;
  }

  /**
   * Null if the record can be true.
   * @param receivedAtMs when it was fetched, monotonic: a commit may become visible a little later than its records
   */
  async fault(
    { partition, boundaryMs }: Pick<ObservationsRecord, 'partition' | 'boundaryMs'>,
    receivedAtMs: number,
  ): Promise<RecordFault | null> {
    if (!(await this.#has(partition))) return outOfRange(`its source has no partition ${partition}`);
    if (boundaryMs === null || (await this.#reaches(partition, boundaryMs, receivedAtMs))) return null;
    const watermark = instantText(this.#watermark(partition));
    return outOfRange(
      `its boundary is at ${instantText(boundaryMs)}, the committed watermark at ${watermark}`,
    );
  }

  /** Null if some partition can have reached the boundary: without one it was not decided. */
  async decidedFault(boundaryMs: number): Promise<RecordFault | null> {
    await this.#look();
    const watermarks = this.#watermarks.size === 0 ? [UNKNOWN] : [...this.#watermarks.values()];
    if (watermarks.some((watermarkMs) => boundaryMs <= this.#latestMs(watermarkMs))) return null;
    return outOfRange(`its boundary is at ${instantText(boundaryMs)}, which no partition has reached`);
  }

  async #has(partition: number): Promise<boolean> {
    if (partition < this.#partitions) return true;
    // Partitions may have been added.
    const { topic } = this.#topology.source;
    this.#partitions = Math.max(this.#partitions, (await this.#log.partitionCounts([topic])).get(topic) ?? 0);
    return partition < this.#partitions;
  }

  #watermark(partition: number): number {
    return this.#watermarks.get(partition) ?? UNKNOWN;
  }

  /**
   * The last boundary that a partition with this watermark can have reached. If its position is lost, or was committed by
   * another program, nothing can be said of past boundaries.
   */
  #latestMs(watermarkMs: number): number {
    return watermarkMs === UNKNOWN ? this.#nowMs() + BOUNDARY_UNKNOWN_MS_MAX : watermarkMs;
  }

  async #reaches(partition: number, boundaryMs: number, receivedAtMs: number): Promise<boolean> {
    for (;;) {
      if (boundaryMs <= this.#watermark(partition)) return true;
      await this.#look();
      const watermarkMs = this.#watermark(partition);
      if (boundaryMs <= watermarkMs) return true;
      if (watermarkMs === UNKNOWN) return boundaryMs <= this.#latestMs(watermarkMs);
      if (performance.now() - receivedAtMs >= COMMIT_VISIBLE_MS_MAX) return false;
      await sleep(POLL_MS, undefined, { ref: false });
    }
  }

  async #look(): Promise<void> {
    const { name, source } = this.#topology;
    for (const [partition, { metadata }] of await this.#log.committedOffsets(groupOf(name), source.topic)) {
      const { watermarkMs } = parseMetadata(metadata);
      this.#watermarks.set(partition, Math.max(watermarkMs, this.#watermark(partition)));
    }
  }
}
