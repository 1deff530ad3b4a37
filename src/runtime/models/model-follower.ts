// Follows the model-updates topic (control path): loads and warms each new champion beside the running one, then hands
// it to the hub, which lets every partition take it at its barrier.
import { concatMap, type Subscription } from 'rxjs';
import type { RawBatch } from '../../core/batch.ts';
import { messageOf } from '../../core/errors.ts';
import type { ModelManifest } from '../../core/reports.ts';
import type { RecordDecoder } from '../../ports/codec.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Scorer, ScorerFactory } from '../../ports/scorer.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { ModelHub } from './model-hub.ts';
import { manifestOf } from './model-update.ts';
import type { ModelUpdateRecord } from '../records.ts';

export interface ModelFollowerParts {
  readonly topology: string;
  readonly width: number;
  readonly topic: string;
  readonly log: EventLog;
  readonly decoder: RecordDecoder<ModelUpdateRecord>;
  readonly scorers: ScorerFactory;
  readonly telemetry: Telemetry;
  /** After a champion is in the hub, or a candidate was rejected. */
  onUpdate(update: ModelUpdateRecord, manifest: ModelManifest | null): void;
}

/** A model that is or was champion. */
export interface ChampionModel {
  readonly version: string;
  readonly model: Uint8Array;
  /** Event time of the newest row that it was trained on, ms. */
  readonly newestRowMs: number;
}

export class ModelFollower {
  readonly #parts: ModelFollowerParts;
  #hub: ModelHub | null = null;
  #subscription: Subscription | null = null;
  /** The newest update of each version. */
  readonly #known = new Map<string, ModelUpdateRecord>();
  #first: string | null = null;
  #promoted: readonly ModelUpdateRecord[] = [];

  constructor(parts: ModelFollowerParts) {
    this.#parts = parts;
  }

  /** How a version was decided; null where it was not yet. */
  outcome(version: string): ModelUpdateRecord | null {
    return this.#known.get(version) ?? null;
  }

  /** Champions that the topic held when the engine started, by their instants. */
  promoted(): readonly ModelUpdateRecord[] {
    return this.#promoted;
  }

  /** The model of a version that was champion; null where it is not known. */
  model(version: string): ChampionModel | null {
    const update = this.#known.get(version);
    if (update === undefined || update.model.length === 0) return null;
    const manifest = manifestOf(update);
    // A champion of other features can be neither a start nor an opponent.
    if (manifest?.features.length !== this.#parts.width) return null;
    return { version, model: update.model, newestRowMs: manifest.newestRowMs };
  }

  /** A version that was champion, loaded once more; null where its model is not known. */
  async load(version: string): Promise<Scorer | null> {
    const known = this.model(version);
    return known === null ? null : this.#parts.scorers.load(version, known.model, this.#parts.width);
  }

  /** Brings the champion that the topic holds, then follows it; resolves when the engine may start. */
  async start(hub: ModelHub): Promise<void> {
    this.#hub = hub;
    const { log, topic } = this.#parts;
    const [range] = await log.offsets(topic);
    const to = range?.high ?? 0;
    let champion: ModelUpdateRecord | null = null;
    for await (const raw of log.read(topic, 0, range?.low ?? 0, to)) {
      for (const update of await this.#decode(raw, 0)) {
        this.#known.set(update.version, update);
        if (update.status !== 'champion') continue;
        this.#first ??= update.version;
        champion = update;
      }
    }
    const champions = [...this.#known.values()].filter(({ status }) => status === 'champion');
    this.#promoted = champions.sort((a, b) => a.atMs - b.atMs);
    if (champion !== null) await this.#promote(hub, champion);
    this.#subscription = log
      .tail(topic, 'earliest')
      .pipe(concatMap((raw) => this.#follow(raw, to)))
      .subscribe({
        error: (error: unknown) =>
          this.#parts.telemetry.error('the model updates cannot be read', { why: messageOf(error) }),
      });
  }

  async #decode(raw: RawBatch, from: number): Promise<ModelUpdateRecord[]> {
    const updates: ModelUpdateRecord[] = [];
    for (const [i, value] of [...raw.values].entries()) {
      if (value === null || (raw.offsets[i] as number) < from) continue;
      const update = await this.#decodeOne(value);
      if (update?.topology === this.#parts.topology) updates.push(update);
    }
    return updates;
  }

  /** Null for bytes that are no update: one bad record must not end the following. */
  async #decodeOne(value: Buffer): Promise<ModelUpdateRecord | null> {
    try {
      return await this.#parts.decoder.decode(value);
    } catch (error) {
      this.#parts.telemetry.error('a model update is passed over', { why: messageOf(error) });
      return null;
    }
  }

  /** Updates from offset `from` on: those before it were brought at the start. */
  async #follow(raw: RawBatch, from: number): Promise<void> {
    if (raw.offsetNext <= from) return;
    for (const update of await this.#decode(raw, from)) {
      this.#known.set(update.version, update);
      if (update.status === 'champion' && this.#hub !== null) await this.#promote(this.#hub, update);
      this.#parts.onUpdate(update, manifestOf(update));
    }
  }

  async #promote(hub: ModelHub, update: ModelUpdateRecord): Promise<void> {
    const { scorers, telemetry, width } = this.#parts;
    try {
      const scorer = await scorers.load(update.version, update.model, width);
      this.#first ??= update.version;
      // The first model stays beside its successors as the frozen one, so that what the loop gains is measured.
      if (hub.shadow === null) {
        hub.setShadow(this.#first === update.version ? scorer : await this.load(this.#first));
      }
      hub.promote(scorer, update.atMs);
      telemetry.count('model_swaps_total', 1, { topology: this.#parts.topology });
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

  close(): void {
    this.#subscription?.unsubscribe();
  }
}
