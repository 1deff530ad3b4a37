// What one trainer of a training does (control path): which fits it enters, and how it fits them.
import { MillraceError } from '../core/errors.ts';
import type { GraphRuntime } from '../ports/scorer.ts';
import type { LoadedRequest } from './candidate.ts';
import { entrantsOf, soleEntrant, type Entrant } from './entrants.ts';
import { outputCount } from '../tasks/outputs.ts';
import { championOf } from './joint-fit.ts';
import { sampleRows, type SampledRows } from './sampling/sample-rows.ts';
import { withTrueShares } from './sampling/true-shares.ts';
import type { GateCut } from './slices.ts';
import { rarerRows } from './rarer-rows.ts';
import { trainingRowsOf } from './rows.ts';
import type { Fit, FitContext, Trainer, TrainerModule, TrainingRows } from './trainer.ts';

/** Added to the seed of a training. */
const SAMPLING_SEED = 1_000_003;

/** What all trainers of a training share. */
export interface FitParts {
  readonly request: LoadedRequest;
  readonly cut: GateCut;
  /** Of the rows, by age. */
  readonly weights: Float32Array;
  readonly runtime: GraphRuntime;
  readonly signal: AbortSignal;
}

export class TrainerFits {
  readonly trainer: Trainer;
  readonly #module: TrainerModule;
  readonly #parts: FitParts;
  readonly #context: FitContext;

  constructor(trainer: Trainer, module: TrainerModule, parts: FitParts) {
    const { task, features } = parts.request;
    const champion = championOf(parts.request.champion, trainer);
    this.trainer = trainer;
    this.#module = module;
    this.#parts = parts;
    this.#context = { task, features, params: trainer.params, champion };
  }

  entrants(): Entrant[] {
    const { validationShare, champion, trainingSet, task } = this.#parts.request;
    // An interval is calibrated on rows that no fit has seen, whatever the trainer.
    const needsRows = task.output.interval !== undefined;
    const share = (context: FitContext): number =>
      needsRows || this.#module.validates?.(context) === true ? validationShare : 0;
    const startsWarm = champion !== null && this.#module.startsWarm?.(this.#context) === true;
    const cold = this.#module.startsWarm === undefined ? this.#context : { ...this.#context, champion: null };
    const { cut } = this.#parts;
    const shares = { warm: share(this.#context), cold: share(cold) };
    const rarer = rarerRows(trainingSet.labels, task.objective);
    const entrants = entrantsOf(cut, startsWarm, shares, rarer);
    return this.#module.fitsOnce?.(this.#context) === true ? soleEntrant(entrants, cut) : entrants;
  }

  /**
   * Fits rows [entrant.from, trainEnd); those up to `validationEnd` validate.
   * @param first the fit that this one repeats on more rows
   */
  async fit({ from, isWarm }: Entrant, trainEnd: number, validationEnd: number, first?: Fit): Promise<Fit> {
    const { request, runtime, signal } = this.#parts;
    const { seed } = request;
    const { gateFrom, rowCount } = this.#parts.cut;
    const wantsGate = first === undefined && this.trainer.extras?.includes('gate') === true;
    const all = this.#rows(from, validationEnd);
    const { rows, trainCount, factors } = this.#sampled(all, trainEnd - from);
    const fit = await this.#module.fit({
      ...this.#context,
      champion: isWarm || this.#module.startsWarm === undefined ? this.#context.champion : null,
      rows,
      ...(wantsGate ? { gate: this.#rows(gateFrom, rowCount) } : {}),
      trainCount,
      ...(first === undefined ? {} : { chosen: first.chosen }),
      seed,
      runtime,
      signal,
    });
    if (signal.aborted)
      throw new MillraceError('TRAINING_FAILED', 'training was aborted', { cause: signal.reason });
    const drawn =
      trainCount === trainEnd - from ? '' : `, on ${trainCount} of ${trainEnd - from} rows, negatives drawn`;
    const model =
      factors === null ? fit.model : withTrueShares(fit.model, factors, outputCount(request.task.output));
    return { ...fit, model, summary: fit.summary + drawn };
  }

  /** All rows as they are if the task knows no classes. */
  #sampled(all: TrainingRows, trainCount: number): SampledRows {
    const { sampling, seed, task } = this.#parts.request;
    if (sampling === null) return { rows: all, trainCount, factors: null };
    // Not the seed of the fit: their random numbers must not depend on one another.
    return sampleRows(all, trainCount, sampling, Math.max(2, outputCount(task.output)), seed + SAMPLING_SEED);
  }

  #rows(from: number, to: number): TrainingRows {
    const { request, weights } = this.#parts;
    const { identities, ...set } = request.trainingSet;
    const asked = identities !== undefined && this.trainer.extras?.includes('identities') === true;
    return trainingRowsOf({ ...set, weights, ...(asked ? { identities } : {}) }, from, to);
  }
}
