// Follows the model-updates topic (control path): loads and warms up each new champion while the previous one is scoring,
// then passes it to the hub, from which every partition takes it at its next barrier.
import { concatMap, type Subscription } from 'rxjs';
import type { RawBatch } from '../../core/batch.ts';
import { messageOf, MillraceError } from '../../core/errors.ts';
import type { ModelManifest } from '../../core/reports.ts';
import type { RecordDecoder } from '../../ports/codec.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Scorer, ScorerFactory } from '../../ports/scorer.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { unlabelled } from '../../tasks/unlabelled.ts';
import type { ModelHub } from './model-hub.ts';
import { manifestOf } from './model-update.ts';
import type { ModelUpdateRecord } from '../records.ts';

export interface ModelFollowerParts {
  readonly topology: string;
  /** Name of the topology's task. */
  readonly task: string;
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
    if (manifest?.features.length !== this.#parts.width || !this.#isForTask(manifest)) return null;
    return { version, model: update.model, newestRowMs: manifest.newestRowMs };
  }

  /** Loads a version that was champion; null if its model is unknown. */
  async load(version: string): Promise<Scorer | null> {
    const known = this.model(version);
    return known === null ? null : this.#parts.scorers.load(version, known.model, this.#parts.width);
  }

  /** Loads the champion of the topic, then follows the topic; resolves when the engine may start. */
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

  /** Null for a record that is not an update: one bad record must not stop the follower. */
  async #decodeOne(value: Buffer): Promise<ModelUpdateRecord | null> {
    try {
      return await this.#parts.decoder.decode(value);
    } catch (error) {
      this.#parts.telemetry.error('a model update cannot be decoded and is skipped', {
        why: messageOf(error),
      });
      return null;
    }
  }

  /** Applies updates from offset `from` on; `start` has read those before it. */
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
      this.#requireTask(manifestOf(update));
      const scorer = await scorers.load(update.version, update.model, width);
      this.#first ??= update.version;
      // The first model keeps scoring as the frozen one, so that the gain of the loop is measured.
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
      telemetry.error('a model update cannot be loaded: the champion stays in use', {
        version: update.version,
        why: messageOf(error),
      });
    }
  }

  /** A model of another task would return scores of another meaning. Topologies without labels accept any model. */
  #isForTask({ task }: ModelManifest): boolean {
    return this.#parts.task === unlabelled.name || task === this.#parts.task;
  }

  #requireTask(manifest: ModelManifest | null): void {
    if (manifest === null || this.#isForTask(manifest)) return;
    throw new MillraceError('MODEL_INVALID', `the model is for task '${manifest.task}'`, {
      where: `${manifest.topology} ${manifest.version}, whose task is '${this.#parts.task}'`,
      remedy: 'Use another name for a topology that predicts something else.',
    });
  }

  close(): void {
    this.#subscription?.unsubscribe();
  }
}
