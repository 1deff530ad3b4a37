// Follows the model-updates topic (control path): loads and warms each new champion beside the running one, then hands
// it to the hub, which lets every partition take it at its next barrier.
import { concatMap, type Subscription } from 'rxjs';
import type { RawBatch } from '../core/batch.ts';
import { messageOf } from '../core/errors.ts';
import type { ModelManifest } from '../core/reports.ts';
import type { RecordDecoder } from '../ports/codec.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { ScorerFactory } from '../ports/scorer.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { ModelHub } from './model-hub.ts';
import { manifestOf } from './model-update.ts';
import type { ModelUpdateRecord } from './records.ts';

export interface ModelFollowerParts {
  readonly topology: string;
  readonly width: number;
  readonly topic: string;
  readonly log: EventLog;
  readonly decoder: RecordDecoder<ModelUpdateRecord>;
  readonly scorers: ScorerFactory;
  readonly hub: ModelHub;
  readonly telemetry: Telemetry;
  /** After a champion is in the hub, or a candidate was rejected. */
  onUpdate(update: ModelUpdateRecord, manifest: ModelManifest | null): void;
}

export class ModelFollower {
  readonly #parts: ModelFollowerParts;
  #subscription: Subscription | null = null;
  #hasChampion = false;

  constructor(parts: ModelFollowerParts) {
    this.#parts = parts;
  }

  /** Brings the champion that the topic holds, then follows it; resolves when the engine may start. */
  async start(): Promise<void> {
    const { log, topic } = this.#parts;
    const updates: ModelUpdateRecord[] = [];
    const [range] = await log.offsets(topic);
    const to = range?.high ?? 0;
    for await (const raw of log.read(topic, 0, range?.low ?? 0, to))
      updates.push(...(await this.#decode(raw)));
    const champions = updates.filter((update) => update.status === 'champion');
    const [first] = champions;
    const last = champions.at(-1);
    if (first !== undefined && first !== last) await this.#setShadow(first);
    if (last !== undefined) await this.#apply(last);
    this.#subscription = log
      .tail(topic, 'earliest')
      .pipe(concatMap((raw) => this.#follow(raw, to)))
      .subscribe({
        error: (error: unknown) =>
          this.#parts.telemetry.error('the model updates cannot be read', { why: messageOf(error) }),
      });
  }

  async #decode(raw: RawBatch): Promise<ModelUpdateRecord[]> {
    const updates: ModelUpdateRecord[] = [];
    for (const value of raw.values) {
      if (value === null) continue;
      const update = await this.#parts.decoder.decode(value);
      if (update.topology === this.#parts.topology) updates.push(update);
    }
    return updates;
  }

  /** Updates from offset `from` on: those before it were brought at the start. */
  async #follow(raw: RawBatch, from: number): Promise<void> {
    if (raw.offsetNext <= from) return;
    for (const [i, value] of raw.values.entries()) {
      if (value === null || (raw.offsets[i] as number) < from) continue;
      const update = await this.#parts.decoder.decode(value);
      if (update.topology === this.#parts.topology) await this.#apply(update);
    }
  }

  async #apply(update: ModelUpdateRecord): Promise<void> {
    const { scorers, hub, telemetry, width } = this.#parts;
    const manifest = manifestOf(update);
    if (update.status === 'champion') {
      try {
        const scorer = await scorers.load(update.version, update.model, width);
        // The first model stays beside its successors as the frozen one, so that what the loop gains is measured.
        if (!this.#hasChampion && hub.shadow === null) hub.setShadow(scorer);
        this.#hasChampion = true;
        hub.promote(scorer);
        telemetry.info('champion loaded', {
          version: update.version,
          provider: scorer.provider,
          reason: update.reason,
        });
      } catch (error) {
        telemetry.error('a model update cannot be loaded: the champion stays', {
          version: update.version,
          why: messageOf(error),
        });
      }
    }
    this.#parts.onUpdate(update, manifest);
  }

  async #setShadow(update: ModelUpdateRecord): Promise<void> {
    const { scorers, hub, width } = this.#parts;
    hub.setShadow(await scorers.load(update.version, update.model, width));
  }

  close(): void {
    this.#subscription?.unsubscribe();
  }
}
