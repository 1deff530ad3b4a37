// The one way by which a model that is not trusted comes to a session (control path): an engine loads no champion, shadow or
// opponent, and a command promotes none, that has not passed here.
import { createHash } from 'node:crypto';
import { isCode, MillraceError } from '../../core/errors.ts';
import { MODEL_TRIAL_RETRIES_MS_MAX, MODEL_TRIALS_KEPT } from '../../core/model-limits.ts';
import { type Artifact, isModelFile, type ModelContent } from '../../core/model-content.ts';
import type { ModelManifest } from '../../core/reports.ts';
import { goldenBatch } from '../../learning/golden-batch.ts';
import type { Scorer, Trial, TrialScorers } from '../../ports/scorer.ts';
import { retriesWithin } from '../../resilience/retries.ts';
import { outputCount } from '../../tasks/outputs.ts';
import { type ArtifactSource, NO_ARTIFACTS } from '../artifacts/artifacts.ts';
import { canonicalManifest, type ModelKeys } from './model-keys.ts';
import { requireFitting, requireOwnManifest, type ModelNeeds } from './model-needs.ts';

const RETRY = { startMs: 100, maxMs: 2_000 };

/** A version as an update, or the registry, brings it. */
export interface GivenModel {
  readonly version: string;
  /** Null if it has none: it is refused. */
  readonly manifest: ModelManifest | null;
  /** An artifact is fetched once the rest is known to be in order. */
  readonly model: Uint8Array | Artifact;
}

export interface GateOptions {
  /** Within which a trial that was interrupted is tried again, ms. */
  readonly retriesMs?: number;
  /** Where models are that are artifacts. */
  readonly artifacts?: ArtifactSource;
}

export class ModelGate {
  readonly needs: ModelNeeds;
  readonly #scorers: TrialScorers;
  readonly #keys: ModelKeys;
  readonly #retriesMs: number;
  readonly #artifacts: ArtifactSource;
  /** Outcomes by what was tried: each engine tries a version once. */
  readonly #trials = new Map<string, Promise<void>>();

  constructor(
    needs: ModelNeeds,
    scorers: TrialScorers,
    keys: ModelKeys,
    { retriesMs = MODEL_TRIAL_RETRIES_MS_MAX, artifacts = NO_ARTIFACTS }: GateOptions = {},
  ) {
    this.needs = needs;
    this.#scorers = scorers;
    this.#keys = keys;
    this.#retriesMs = retriesMs;
    this.#artifacts = artifacts;
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

  /** @throws MODEL_INVALID with the reason; MODEL_UNTRIED or ARTIFACT_UNAVAILABLE if it cannot be tried at present */
  async check(given: GivenModel): Promise<void> {
    await this.checked(given);
  }

  /** The model once it is checked: it may be a file of this machine. @throws as `check` */
  async checked(given: GivenModel): Promise<ModelContent> {
    const manifest = this.#authentic(given);
    requireFitting(this.needs, manifest);
    const key = createHash('sha256').update(canonicalManifest(manifest)).digest('base64');
    const model = await this.#content(given.model);
    const known = this.#trials.get(key);
    if (known !== undefined) return known.then(() => model);
    const { features, output } = this.needs;
    const trial = this.#tried({
      version: given.version,
      model,
      inputWidth: features.length,
      outputs: outputCount(output),
      isDistribution: output.classes !== undefined,
      golden: goldenBatch(features, manifest),
      low: output.low,
      high: output.high,
    });
    this.#remember(key, trial);
    await trial;
    return model;
  }

  #content(model: GivenModel['model']): ModelContent | Promise<ModelContent> {
    return model instanceof Uint8Array || isModelFile(model) ? model : this.#artifacts.fetch(model);
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
    const model = await this.checked(given);
    return this.#scorers.load(
      given.version,
      model,
      this.needs.features.length,
      outputCount(this.needs.output),
    );
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
