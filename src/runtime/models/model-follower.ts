// Follows the model-updates topic (control path): loads and warms up each new champion while the previous one is scoring,
// then passes it to the hub, from which every partition takes it at its next barrier. A champion that this engine cannot
// use is refused: the previous one stays, and partitions report the reason.
import { concatMap, type Subscription } from 'rxjs';
import type { RawBatch } from '../../core/batch.ts';
import { messageOf } from '../../core/errors.ts';
import type { ModelManifest } from '../../core/reports.ts';
import type { RecordDecoder } from '../../ports/codec.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import type { Scorer } from '../../ports/scorer.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { givenBy, KnownModels, readManifest } from './known-models.ts';
import type { ModelGate } from './model-gate.ts';
import type { ModelHub } from './model-hub.ts';
import { updateFault } from './model-update.ts';
import { OwnRecords } from '../own-records.ts';
import type { ModelUpdateRecord } from '../records.ts';

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
  readonly #records: OwnRecords<ModelUpdateRecord>;
  #hub: ModelHub | null = null;
  #subscription: Subscription | null = null;
  readonly #known = new KnownModels();
  /** Versions that were champion, oldest first, up to the one that is the frozen model. */
  #firsts: readonly string[] = [];
  #promoted: readonly ModelUpdateRecord[] = [];

  constructor(parts: ModelFollowerParts) {
    this.#parts = parts;
    const { decoder, gate, quarantine } = parts;
    const { topology } = gate.needs;
    this.#records = new OwnRecords(decoder, (update) => updateFault(topology, update), quarantine);
  }

  /** How a version was decided; null if it is undecided. */
  outcome(version: string): ModelUpdateRecord | null {
    return this.#known.update(version);
  }

  /** Champions that were in the topic when the engine started, in the order of their event times. */
  promoted(): readonly ModelUpdateRecord[] {
    return this.#promoted;
  }

  /** The model of a version that was champion, checked; null if it is unknown or refused, or has other features. */
  async model(version: string): Promise<ChampionModel | null> {
    const given = this.#known.model(version);
    if (given === null) return null;
    try {
      await this.#parts.gate.check(given);
    } catch {
      return null; // neither a starting point nor an opponent
    }
    return { version, model: given.model, newestRowMs: given.manifest.newestRowMs };
  }

  /** Loads a version that was champion, checked; null if its model is unknown or refused. */
  async load(version: string): Promise<Scorer | null> {
    const given = this.#known.model(version);
    if (given === null) return null;
    try {
      return await this.#parts.gate.open(given);
    } catch (error) {
      this.#refused(version, error);
      return null;
    }
  }

  /** Loads the champion of the topic, then follows the topic; resolves when the engine may start. */
  async start(hub: ModelHub): Promise<void> {
    this.#hub = hub;
    const { log, topic } = this.#parts;
    const [range] = await log.offsets(topic);
    const to = range?.high ?? 0;
    const promotions: PlacedUpdate[] = [];
    if (to > (range?.low ?? 0)) this.#parts.gate.prepare();
    for await (const raw of log.read(topic, 0, range?.low ?? 0, to)) {
      for (const placed of await this.#decode(raw, 0)) {
        const { update } = placed;
        if (update.status === 'champion') promotions.push(placed);
        if (update.status === 'champion' && !this.#parts.gate.isAuthentic(givenBy(update)))
          this.#known.reject(update);
        else this.#known.add(update);
      }
    }
    this.#firsts = [...new Set(promotions.map(({ update }) => update.version))];
    await this.#promoteNewest(hub, promotions);
    this.#promoted = this.#known.champions();
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
      this.#known.reject(placed.update);
      refused ??= { offset: placed.offset, reason };
    }
    if (refused !== null) hub.refuse(refused.offset, refused.reason);
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

  /** Applies updates from offset `from` on; `start` has read those before it. */
  async #follow(raw: RawBatch, from: number): Promise<void> {
    if (raw.offsetNext <= from) return;
    for (const placed of await this.#decode(raw, from)) {
      const hub = this.#hub;
      const { update, offset } = placed;
      const reason = update.status === 'champion' && hub !== null ? await this.#promote(hub, placed) : null;
      const manifest = readManifest(update);
      if (reason === null) {
        this.#known.add(update);
        if (update.status === 'champion') this.#parts.telemetry.clear('model_refused', update.topology);
        this.#parts.onUpdate(update, manifest);
        continue;
      }
      hub?.refuse(offset, reason);
      const rejected = this.#known.reject(update);
      this.#parts.onUpdate(rejected, manifest && { ...manifest, status: 'rejected', why: reason });
    }
  }

  /** The first version that was champion and can be loaded: it keeps scoring, so that the gain of the loop is measured. */
  async #frozen(champion: Scorer): Promise<Scorer> {
    for (const version of this.#firsts) {
      if (version === champion.version) break;
      const given = this.#known.model(version);
      if (given === null) continue;
      try {
        return await this.#parts.gate.open(given);
      } catch (error) {
        const why = messageOf(error);
        this.#parts.telemetry.warn('a former champion cannot be loaded beside the current one', {
          version,
          why,
        });
        this.#known.reject(given.update);
      }
    }
    return champion;
  }

  /** Null if the hub has the champion, else why this engine refuses it. */
  async #promote(hub: ModelHub, { update, offset }: PlacedUpdate): Promise<string | null> {
    const { gate, telemetry } = this.#parts;
    const { version } = update;
    try {
      const given = givenBy(update);
      // Promoted once more, it stays loaded.
      const current = hub.champion?.version === version ? hub.champion : null;
      if (current !== null) await gate.check(given);
      const champion = current ?? (await gate.open(given));
      if (hub.shadow === null) hub.setShadow(await this.#frozen(champion));
      hub.promote(champion, update.atMs, offset);
      telemetry.count('model_swaps_total', 1, { topology: gate.needs.topology });
      telemetry.info('champion loaded', { version, provider: champion.provider, reason: update.reason });
      return null;
    } catch (error) {
      return this.#refused(version, error);
    }
  }

  #refused(version: string, error: unknown): string {
    const why = messageOf(error);
    const { gate, telemetry } = this.#parts;
    const { topology } = gate.needs;
    telemetry.error('a model update is refused: the champion stays in use', { version, why });
    telemetry.raise('model_refused', topology, `${version}: ${why}`);
    return `${version}: ${why}`;
  }

  close(): void {
    this.#subscription?.unsubscribe();
  }
}
