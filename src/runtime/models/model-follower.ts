// Follows the model-updates topic (control path): loads and warms up each new champion while the previous one is scoring,
// then passes it to the hub, from which every partition takes it at its next barrier. A champion that this engine cannot
// use is refused: the previous one stays, and partitions report the reason.
import { concatMap, type Subscription } from 'rxjs';
import type { RawBatch } from '../../core/batch.ts';
import { messageOf } from '../../core/errors.ts';
import type { ModelManifest } from '../../core/reports.ts';
import type { RecordDecoder } from '../../ports/codec.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Scorer, ScorerFactory } from '../../ports/scorer.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { acceptModel, hasFeatures, isForTask, type ModelNeeds } from './accept-model.ts';
import type { ModelHub } from './model-hub.ts';
import { manifestOf } from './model-update.ts';
import { followOwn } from '../own-records.ts';
import type { ModelUpdateRecord } from '../records.ts';

export interface ModelFollowerParts extends ModelNeeds {
  readonly topic: string;
  readonly log: EventLog;
  readonly decoder: RecordDecoder<ModelUpdateRecord>;
  readonly scorers: ScorerFactory;
  readonly telemetry: Telemetry;
  /** Called with an error that a restart would meet again: without the updates, a training would never end. */
  failed(error: Error): void;
  /** After a champion is in the hub, or a candidate was rejected; a champion that was refused has status `rejected`. */
  onUpdate(update: ModelUpdateRecord, manifest: ModelManifest | null): void;
}

/** A model that is or was champion. */
export interface ChampionModel {
  readonly version: string;
  readonly model: Uint8Array;
  /** Event time of the newest row that it was trained on, ms. */
  readonly newestRowMs: number;
}

/** An update and its place in the topic. */
interface PlacedUpdate {
  readonly update: ModelUpdateRecord;
  readonly offset: number;
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

  /** How a version was decided; null if it is undecided. */
  outcome(version: string): ModelUpdateRecord | null {
    return this.#known.get(version) ?? null;
  }

  /** Champions that were in the topic when the engine started, in the order of their event times. */
  promoted(): readonly ModelUpdateRecord[] {
    return this.#promoted;
  }

  /** The model of a version that was champion; null if it is unknown or cannot be compared with. */
  model(version: string): ChampionModel | null {
    const update = this.#known.get(version);
    if (update === undefined || update.model.length === 0) return null;
    const manifest = manifestOf(update);
    // A model with other features or another task can be neither a starting point nor an opponent.
    if (manifest === null || !hasFeatures(this.#parts, manifest) || !isForTask(this.#parts, manifest))
      return null;
    return { version, model: update.model, newestRowMs: manifest.newestRowMs };
  }

  /** Loads a version that was champion; null if its model is unknown. */
  async load(version: string): Promise<Scorer | null> {
    const known = this.model(version);
    return known === null
      ? null
      : this.#parts.scorers.load(version, known.model, this.#parts.features.length);
  }

  /** Loads the champion of the topic, then follows the topic; resolves when the engine may start. */
  async start(hub: ModelHub): Promise<void> {
    this.#hub = hub;
    const { log, topic } = this.#parts;
    const [range] = await log.offsets(topic);
    const to = range?.high ?? 0;
    const promotions: PlacedUpdate[] = [];
    for await (const raw of log.read(topic, 0, range?.low ?? 0, to)) {
      for (const placed of await this.#decode(raw, 0)) {
        this.#known.set(placed.update.version, placed.update);
        if (placed.update.status !== 'champion') continue;
        this.#first ??= placed.update.version;
        promotions.push(placed);
      }
    }
    const champions = [...this.#known.values()].filter(({ status }) => status === 'champion');
    this.#promoted = champions.sort((a, b) => a.atMs - b.atMs);
    await this.#promoteNewest(hub, promotions);
    this.#subscription = log
      .tail(topic, 'earliest')
      .pipe(concatMap((raw) => this.#follow(raw, to)))
      .subscribe({
        error: (error: Error) => {
          this.#parts.telemetry.error('the model updates cannot be read', { why: messageOf(error) });
          this.#parts.failed(error);
        },
      });
  }

  /** The newest champion that this engine can use; the reason why it refused the newest of all, if it did. */
  async #promoteNewest(hub: ModelHub, promotions: readonly PlacedUpdate[]): Promise<void> {
    let refused: { readonly offset: number; readonly reason: string } | null = null;
    for (const placed of promotions.toReversed()) {
      const reason = await this.#promote(hub, placed);
      if (reason === null) break;
      refused ??= { offset: placed.offset, reason };
    }
    if (refused !== null) hub.refuse(refused.offset, refused.reason);
  }

  async #decode(raw: RawBatch, from: number): Promise<PlacedUpdate[]> {
    const { decoder, topic, telemetry } = this.#parts;
    const updates: PlacedUpdate[] = [];
    for (const [i, value] of [...raw.values].entries()) {
      const offset = raw.offsets[i] as number;
      if (value === null || offset < from) continue;
      const update = await followOwn(decoder, value, `${topic}-0`, telemetry);
      if (update?.topology === this.#parts.topology) updates.push({ update, offset });
    }
    return updates;
  }

  /** Applies updates from offset `from` on; `start` has read those before it. */
  async #follow(raw: RawBatch, from: number): Promise<void> {
    if (raw.offsetNext <= from) return;
    for (const placed of await this.#decode(raw, from)) {
      const hub = this.#hub;
      const { update, offset } = placed;
      const before = this.#known.get(update.version);
      this.#known.set(update.version, update);
      const reason = update.status === 'champion' && hub !== null ? await this.#promote(hub, placed) : null;
      if (reason === null) {
        this.#parts.onUpdate(update, readManifest(update));
        continue;
      }
      hub?.refuse(offset, reason);
      const rejected = { ...update, status: 'rejected', model: Buffer.alloc(0) } as const;
      const manifest = readManifest(update);
      // A version that was champion before stays one that a partition may be restored with.
      this.#known.set(update.version, before?.status === 'champion' ? before : rejected);
      this.#parts.onUpdate(rejected, manifest && { ...manifest, status: 'rejected', why: reason });
    }
  }

  /** Null if it cannot be loaded: the gain is not measured then. */
  async #frozen(version: string): Promise<Scorer | null> {
    try {
      return await this.load(version);
    } catch (error) {
      this.#parts.telemetry.warn('the first model cannot be loaded beside the champion', {
        version,
        why: messageOf(error),
      });
      return null;
    }
  }

  /** Null if the hub has the champion, else why this engine refuses it. */
  async #promote(hub: ModelHub, { update, offset }: PlacedUpdate): Promise<string | null> {
    const { scorers, telemetry, topology } = this.#parts;
    const { version } = update;
    try {
      // Promoted once more, it stays loaded.
      const scorer =
        hub.champion?.version === version
          ? hub.champion
          : await acceptModel(this.#parts, scorers, version, manifestOf(update), update.model);
      this.#first ??= version;
      // The first model keeps scoring as the frozen one, so that the gain of the loop is measured.
      if (hub.shadow === null)
        hub.setShadow(this.#first === version ? scorer : await this.#frozen(this.#first));
      hub.promote(scorer, update.atMs, offset);
      telemetry.count('model_swaps_total', 1, { topology });
      telemetry.info('champion loaded', { version, provider: scorer.provider, reason: update.reason });
      return null;
    } catch (error) {
      const why = messageOf(error);
      telemetry.error('a model update is refused: the champion stays in use', { version, why });
      return `${version}: ${why}`;
    }
  }

  close(): void {
    this.#subscription?.unsubscribe();
  }
}

/** The manifest of an update that may be damaged. */
function readManifest(update: ModelUpdateRecord): ModelManifest | null {
  try {
    return manifestOf(update);
  } catch {
    return null;
  }
}
