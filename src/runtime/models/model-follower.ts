// Follows the model-updates topic (control path): loads and warms up each new champion while the previous one is scoring,
// then passes it to the hub, from which every partition takes it at its next barrier. A champion that this engine cannot
// use is refused: the previous one stays, and partitions report the reason.
import { concatMap, startWith, type Subscription, tap } from 'rxjs';
import type { RawBatch } from '../../core/batch.ts';
import { messageOf } from '../../core/errors.ts';
import { ARTIFACT_RETRY_MS_MAX } from '../../core/model-limits.ts';
import type { ModelManifest } from '../../core/reports.ts';
import type { RecordDecoder } from '../../ports/codec.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import type { Scorer } from '../../ports/scorer.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { atStart, RESTART_WAITS, retriesWhile, type Waits } from '../../resilience/retries.ts';
import { type ChampionModel, givenBy, KnownModels, readManifest } from './known-models.ts';
import type { ModelGate } from './model-gate.ts';
import type { ModelHub } from './model-hub.ts';
import { updateFault } from './model-update.ts';
import { isUnavailable, isUntried, type PlacedUpdate, Promotions } from './promotions.ts';
import { OwnRecords } from '../own-records.ts';
import type { ModelUpdateRecord } from '../records.ts';

/** Before a model is fetched or tried again: it may have to be read from the log as a whole. */
const UNTRIED_WAITS: Waits = { startMs: RESTART_WAITS.startMs, maxMs: ARTIFACT_RETRY_MS_MAX };

export interface ModelFollowerParts {
  readonly topic: string;
  readonly log: EventLog;
  readonly decoder: RecordDecoder<ModelUpdateRecord>;
  readonly gate: ModelGate;
  readonly telemetry: Telemetry;
  readonly quarantine: Quarantine;
  /** Called with an error that a restart would meet again: without the updates, a training would never end. */
  failed(error: Error): void;
  /** After a champion is in the hub, or a candidate was rejected; a champion that was refused has status `rejected`. */
  onUpdate(update: ModelUpdateRecord, manifest: ModelManifest | null): void;
}

export class ModelFollower {
  readonly #parts: ModelFollowerParts;
  readonly #records: OwnRecords<ModelUpdateRecord>;
  #subscription: Subscription | null = null;
  readonly #known: KnownModels;
  #promoted: readonly ModelUpdateRecord[] = [];
  readonly #promotions: Promotions;
  /** Updates before this offset are known. */
  #knownTo = 0;
  /** Offset of the newest champion that was read, which may still wait for its turn. */
  #newestChampion = -1;
  #isClosed = false;

  constructor(parts: ModelFollowerParts) {
    this.#parts = parts;
    const { decoder, gate, quarantine, telemetry } = parts;
    this.#known = new KnownModels((offset) => this.#updateAt(offset));
    this.#promotions = new Promotions({ gate, telemetry, known: this.#known });
    const { topology } = gate.needs;
    this.#records = new OwnRecords(decoder, (update) => updateFault(topology, update), quarantine);
  }

  /** How a version was decided; null if it is undecided. */
  outcome(version: string): ModelUpdateRecord | null {
    return this.#known.update(version);
  }

  /** Whether the topic has an outcome of a version, also one that this engine has not come to. */
  async isDecided(version: string): Promise<boolean> {
    if (this.outcome(version) !== null) return true;
    const { log, topic } = this.#parts;
    const { low, high } = (await log.offsets(topic))[0] ?? { low: 0, high: 0 };
    for await (const raw of log.read(topic, 0, Math.max(low, this.#knownTo), high)) {
      for (let row = 0; row < raw.count; row += 1)
        if ((await this.#records.read(raw, row))?.version === version) return true;
    }
    return false;
  }

  /** Champions that were in the topic when the engine started, in its order. */
  promoted(): readonly ModelUpdateRecord[] {
    return this.#promoted;
  }

  /**
   * The model of a version that was champion, checked; null if it is unknown or refused, or has other features.
   * @throws MODEL_UNTRIED or ARTIFACT_UNAVAILABLE
   */
  async model(version: string): Promise<ChampionModel | null> {
    const given = await this.#known.model(version);
    if (given === null) return null;
    try {
      const model = await this.#parts.gate.checked(given);
      const { newestRowMs, trainer } = given.manifest;
      return { version, model, newestRowMs, trainer };
    } catch (error) {
      if (isUntried(error)) throw error;
      return null; // neither a starting point nor an opponent
    }
  }

  /**
   * Loads a version that was champion, checked; null if its model is unknown or refused.
   * @throws MODEL_UNTRIED or ARTIFACT_UNAVAILABLE
   */
  async load(version: string): Promise<Scorer | null> {
    const given = await this.#known.model(version);
    if (given === null) return null;
    try {
      return await this.#parts.gate.open(given);
    } catch (error) {
      if (isUntried(error)) throw error;
      this.#promotions.refused(version, error);
      return null;
    }
  }

  /**
   * Loads the champion of the topic, then follows the topic; resolves when the engine may start.
   * @throws MODEL_UNTRIED if it cannot be tried for as long as a start waits for a service
   */
  async start(hub: ModelHub): Promise<void> {
    const { log, topic } = this.#parts;
    const [range] = await log.offsets(topic);
    const to = range?.high ?? 0;
    const promotions: PlacedUpdate[] = [];
    if (to > (range?.low ?? 0)) this.#parts.gate.prepare();
    for await (const raw of log.read(topic, 0, range?.low ?? 0, to)) {
      for (const placed of await this.#decode(raw, 0)) {
        const { update, offset } = placed;
        if (update.status === 'champion') promotions.push(placed);
        if (update.status === 'champion' && !this.#parts.gate.isAuthentic(givenBy(update)))
          this.#known.reject(update, offset);
        else this.#known.add(update, offset);
      }
    }
    this.#knownTo = to;
    this.#promotions.firsts = [...new Set(promotions.map(({ update }) => update.version))];
    const late = await atStart(() => this.#promoteNewest(hub, promotions));
    if (late !== null) this.#newestChampion = late.offset;
    this.#promoted = this.#known.champions();
    this.#known.isLive = true;
    this.#subscription = log
      .tail(topic, 'earliest')
      .pipe(
        concatMap((raw) => this.#decode(raw, to)),
        tap((placed) => {
          for (const { update, offset } of placed)
            if (update.status === 'champion') this.#newestChampion = offset;
        }),
        startWith(null),
        concatMap((placed) => (placed === null ? this.#promoteLate(hub, late) : this.#follow(hub, placed))),
      )
      .subscribe({
        error: (error: Error) => {
          this.#parts.telemetry.error('the model updates cannot be read', { why: messageOf(error) });
          this.#parts.failed(error);
        },
      });
  }

  /**
   * The newest champion that this engine can use; the reason why it refused the newest of all, if it did.
   * @returns the newest of all if it cannot be fetched: one before it serves meanwhile, or none
   */
  async #promoteNewest(hub: ModelHub, promotions: readonly PlacedUpdate[]): Promise<PlacedUpdate | null> {
    let refused: { readonly offset: number; readonly reason: string } | null = null;
    let late: PlacedUpdate | null = null;
    for (const placed of promotions.toReversed()) {
      try {
        const reason = await this.#promotions.promote(hub, placed);
        if (reason === null) break;
        this.#known.reject(placed.update, placed.offset);
        if (late === null) refused ??= { offset: placed.offset, reason };
      } catch (error) {
        // Partitions of a replay continue with the version that all others have.
        if (!isUnavailable(error) || hub.isAligned) throw error;
        if (refused === null) late ??= placed;
      }
    }
    if (refused !== null) hub.refuse(refused.offset, refused.reason);
    return late;
  }

  /** The newest champion, which could not be fetched at the start. */
  async #promoteLate(hub: ModelHub, late: PlacedUpdate | null): Promise<void> {
    if (late === null) return;
    const reason = await this.#promoteOnceTried(hub, late);
    if (reason === null) return;
    this.#known.reject(late.update, late.offset);
    hub.refuse(late.offset, reason);
  }

  async #updateAt(offset: number): Promise<ModelUpdateRecord | null> {
    const { log, topic } = this.#parts;
    for await (const raw of log.read(topic, 0, offset, offset + 1))
      if (raw.offsets[0] === offset) return this.#records.read(raw, 0);
    return null;
  }

  async #decode(raw: RawBatch, from: number): Promise<PlacedUpdate[]> {
    const updates: PlacedUpdate[] = [];
    for (const [i, offset] of raw.offsets.entries()) {
      if (offset < from) continue;
      const update = await this.#records.follow(raw, i, this.#parts.telemetry);
      if (update !== null) updates.push({ update, offset });
    }
    return updates;
  }

  async #follow(hub: ModelHub, updates: readonly PlacedUpdate[]): Promise<void> {
    for (const placed of updates) {
      const { update, offset } = placed;
      const reason = update.status === 'champion' ? await this.#promoteOnceTried(hub, placed) : null;
      if (this.#isClosed) return;
      const manifest = readManifest(update);
      this.#knownTo = offset + 1;
      if (reason === null) {
        this.#known.add(update, offset);
        if (update.status === 'champion') this.#parts.telemetry.clear('model_refused', update.topology);
        this.#parts.onUpdate(update, manifest);
        continue;
      }
      hub.refuse(offset, reason);
      const rejected = this.#known.reject(update, offset);
      this.#parts.onUpdate(rejected, manifest && { ...manifest, status: 'rejected', why: reason });
    }
  }

  /**
   * Null or the reason, as `Promotions.promote`, but tries again for as long as the model cannot be fetched or tried. A newer
   * champion ends the wait, as a rollback must not wait behind it: the older one then counts as any former champion.
   */
  async #promoteOnceTried(hub: ModelHub, placed: PlacedUpdate): Promise<string | null> {
    const { telemetry, gate } = this.#parts;
    const { topology } = gate.needs;
    const waits = (error: unknown): boolean =>
      isUntried(error) && !this.#isClosed && placed.offset >= this.#newestChampion;
    const retries = retriesWhile(waits, UNTRIED_WAITS, (error) =>
      telemetry.raise(
        isUnavailable(error) ? 'artifact_unavailable' : 'model_untried',
        topology,
        `${placed.update.version}: ${error.message}`,
      ),
    );
    try {
      return await retries.execute(() => this.#promotions.promote(hub, placed));
    } catch (error) {
      if (isUntried(error)) return null;
      throw error;
    } finally {
      telemetry.clear('model_untried', topology);
      telemetry.clear('artifact_unavailable', topology);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#subscription?.unsubscribe();
  }
}
