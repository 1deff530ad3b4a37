// Brings a champion from an update to the hub (control path): checked, loaded and warmed up, while the previous one is scoring.
// Beside it the first champion stays loaded, so that the gain of the loop is measured.
import { isCode, messageOf } from '../../core/errors.ts';
import type { Scorer } from '../../ports/scorer.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { ModelUpdateRecord } from '../records.ts';
import { givenBy, type KnownModels } from './known-models.ts';
import type { GivenModel, ModelGate } from './model-gate.ts';
import type { ModelHub } from './model-hub.ts';

/** An update and its place in the topic. */
export interface PlacedUpdate {
  readonly update: ModelUpdateRecord;
  readonly offset: number;
}

/** A model that is loaded: the bytes of a version may differ between two updates. */
interface Loaded {
  readonly scorer: Scorer;
  readonly sha256: string;
}

/**
 * What cannot be fetched or tried for now says nothing about the model: to refuse it would set this engine apart from the
 * fleet.
 */
export function isUntried(error: unknown): boolean {
  return isCode(error, 'MODEL_UNTRIED') || isUnavailable(error);
}

/** The model is an artifact that cannot be fetched at present. */
export function isUnavailable(error: unknown): boolean {
  return isCode(error, 'ARTIFACT_UNAVAILABLE') || isCode(error, 'DISK_FULL');
}

export interface PromotionParts {
  readonly gate: ModelGate;
  readonly telemetry: Telemetry;
  readonly known: KnownModels;
}

export class Promotions {
  readonly #parts: PromotionParts;
  /** The champion of the hub, or the model that is about to be. */
  #loaded: Loaded | null = null;
  /** Versions that were champion, oldest first, up to the one that is the frozen model. */
  firsts: readonly string[] = [];

  constructor(parts: PromotionParts) {
    this.#parts = parts;
  }

  /** Null if the hub has the champion, else why this engine refuses it. @throws MODEL_UNTRIED or ARTIFACT_UNAVAILABLE */
  async promote(hub: ModelHub, { update, offset }: PlacedUpdate): Promise<string | null> {
    const { gate, telemetry } = this.#parts;
    const { version } = update;
    try {
      const champion = await this.#load(hub, givenBy(update));
      if (hub.shadow === null) hub.setShadow(await this.#frozen(champion));
      hub.promote(champion, update.atMs, offset);
      telemetry.count('model_swaps_total', 1, { topology: gate.needs.topology });
      telemetry.info('champion loaded', { version, provider: champion.provider, reason: update.reason });
      return null;
    } catch (error) {
      if (isUntried(error)) throw error;
      return this.refused(version, error);
    }
  }

  /** Checked and loaded; the same bytes promoted once more stay loaded. */
  async #load(hub: ModelHub, given: GivenModel): Promise<Scorer> {
    const { gate } = this.#parts;
    const before = this.#loaded;
    if (before?.scorer.version === given.version && before.sha256 === given.manifest?.sha256) {
      await gate.check(given);
      return before.scorer;
    }
    const scorer = await gate.open(given);
    this.#loaded = { scorer, sha256: given.manifest?.sha256 ?? '' };
    if (before !== null && before.scorer !== hub.champion) await before.scorer.close();
    return scorer;
  }

  /** The first version that was champion and can be loaded: it keeps scoring, so that the gain of the loop is measured. */
  async #frozen(champion: Scorer): Promise<Scorer> {
    const { gate, telemetry, known } = this.#parts;
    for (const version of this.firsts) {
      if (version === champion.version) break;
      const given = await known.model(version);
      if (given === null) continue;
      try {
        return await gate.open(given);
      } catch (error) {
        if (isUntried(error)) throw error;
        const why = messageOf(error);
        telemetry.warn('a former champion cannot be loaded beside the current one', { version, why });
        known.reject(given.update, given.offset);
      }
    }
    return champion;
  }

  /** Reports that this engine cannot use a version. Returns the reason. */
  refused(version: string, error: unknown): string {
    const why = messageOf(error);
    const { gate, telemetry } = this.#parts;
    const { topology } = gate.needs;
    telemetry.error('a model update is refused: the champion stays in use', { version, why });
    telemetry.raise('model_refused', topology, `${version}: ${why}`);
    return `${version}: ${why}`;
  }
}
