// The one way by which a model that is not trusted comes to a session (control path): an engine loads no champion, shadow or
// opponent, and a command promotes none, that has not passed here.
import { createHash } from 'node:crypto';
import { isCode, MillraceError } from '../../core/errors.ts';
import { MODEL_TRIAL_RETRIES_MS_MAX, MODEL_TRIALS_KEPT } from '../../core/limits.ts';
import type { ModelManifest } from '../../core/reports.ts';
import { goldenBatch } from '../../learning/golden-batch.ts';
import type { Scorer, Trial, TrialScorers } from '../../ports/scorer.ts';
import { retriesWithin } from '../../resilience/retries.ts';
import { canonicalManifest, type ModelKeys } from './model-keys.ts';
import { requireFitting, requireOwnManifest, type ModelNeeds } from './model-needs.ts';

const RETRY = { startMs: 100, maxMs: 2_000 };

/** A version as an update, or the registry, brings it. */
export interface GivenModel {
  readonly version: string;
  /** Null if it has none: it is refused. */
  readonly manifest: ModelManifest | null;
  readonly model: Uint8Array;
}

export class ModelGate {
  readonly needs: ModelNeeds;
  readonly #scorers: TrialScorers;
  readonly #keys: ModelKeys;
  readonly #retriesMs: number;
  /** Outcomes by what was tried: each engine tries a version once. */
  readonly #trials = new Map<string, Promise<void>>();

  /** @param retriesMs within which a trial that was interrupted is tried again, ms */
  constructor(
    needs: ModelNeeds,
    scorers: TrialScorers,
    keys: ModelKeys,
    retriesMs: number = MODEL_TRIAL_RETRIES_MS_MAX,
  ) {
    this.needs = needs;
    this.#scorers = scorers;
    this.#keys = keys;
    this.#retriesMs = retriesMs;
  }

  /** Whether the manifest is the version's own, signed if it must be, with the model's checksum: no matter whether the model fits the topology. */
  isAuthentic(given: GivenModel): boolean {
    try {
      this.#authentic(given);
      return true;
    } catch {
      return false;
    }
  }

  #authentic({ version, manifest, model }: GivenModel): ModelManifest {
    if (manifest === null)
      throw new MillraceError('MODEL_INVALID', 'the model comes without a manifest', {
        where: `${this.needs.topology} ${version}`,
        remedy: 'Promote it from a registry: millrace models promote.',
      });
    requireOwnManifest(this.needs, version, manifest, model);
    this.#keys.requireSigned(manifest);
    return manifest;
  }

  /** @throws MODEL_INVALID with the reason; MODEL_UNTRIED if it cannot be tried at present */
  async check(given: GivenModel): Promise<void> {
    const manifest = this.#authentic(given);
    requireFitting(this.needs, manifest);
    const key = createHash('sha256').update(canonicalManifest(manifest)).digest('base64');
    const known = this.#trials.get(key);
    if (known !== undefined) return known;
    const { features, output } = this.needs;
    const trial = this.#tried({
      version: given.version,
      model: given.model,
      inputWidth: features.length,
      golden: goldenBatch(features, manifest),
      low: output.low,
      high: output.high,
    });
    this.#remember(key, trial);
    await trial;
  }

  /** What says nothing about the model is tried again: the engines of a fleet must come to one verdict. */
  #tried(trial: Trial): Promise<void> {
    const retries = retriesWithin(this.#retriesMs, (error) => isCode(error, 'MODEL_UNTRIED'), RETRY);
    return retries.execute(() => this.#scorers.trial(trial));
  }

  #remember(key: string, trial: Promise<void>): void {
    this.#trials.set(key, trial);
    // Without a process to try it in, the next promotion tries again.
    trial.catch((error: unknown) => {
      if (!isCode(error, 'MODEL_INVALID')) this.#trials.delete(key);
    });
    const [oldest] = this.#trials.keys();
    if (this.#trials.size > MODEL_TRIALS_KEPT && oldest !== undefined) this.#trials.delete(oldest);
  }

  /** Checks the model as every engine does, and loads it. @throws as `check` */
  async open(given: GivenModel): Promise<Scorer> {
    await this.check(given);
    return this.#scorers.load(given.version, given.model, this.needs.features.length);
  }

  /** Signs what was trained here; unchanged if there is no key to sign with. */
  sign(manifest: ModelManifest): ModelManifest {
    return this.#keys.sign(manifest);
  }

  /** A model will be checked soon. */
  prepare(): void {
    this.#scorers.prepareTrial();
  }
}
