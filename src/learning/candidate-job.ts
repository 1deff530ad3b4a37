// One training from request to candidate (control path): cuts the training set by time, has the trainer fit, judges at
// the gate, refits what passes, and makes the drift reference.
import { invariant, messageOf, MillraceError } from '../core/errors.ts';
import type { GraphRuntime, ScorerFactory } from '../ports/scorer.ts';
import { makeDriftReference } from '../stats/drift-reference.ts';
import type { Candidate, CandidateRequest } from './candidate.ts';
import { judge, type Judgement, type Opponent } from './gate.ts';
import type { RawRows } from './rows.ts';
import { scoreRows } from './score-rows.ts';
import { ageWeights, cutSlices, type Slices } from './slices.ts';
import type { Assessment, TaskCalls } from './task-calls.ts';
import type { Fit, FitContext, TrainerModule } from './trainer.ts';

export interface JobParts {
  readonly trainer: TrainerModule;
  /** For the trainer. */
  readonly runtime: GraphRuntime;
  /** Models are judged as they are served, by a scorer. */
  readonly scorers: ScorerFactory;
  readonly task: TaskCalls;
}

/**
 * Keeps the calling thread busy: app/training/training-thread.ts runs it in one of its own. Throws TRAINING_FAILED and
 * TRAINING_SET_TOO_SMALL.
 */
export async function makeCandidate(
  request: CandidateRequest,
  parts: JobParts,
  signal: AbortSignal,
): Promise<Candidate> {
  try {
    return await new CandidateJob(request, parts, signal).run();
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    throw new MillraceError('TRAINING_FAILED', `training failed: ${messageOf(error)}`, {
      where: `${request.topology} ${request.version}`,
      cause: error,
    });
  }
}

class CandidateJob {
  readonly #request: CandidateRequest;
  readonly #parts: JobParts;
  readonly #signal: AbortSignal;
  readonly #context: FitContext;
  readonly #weights: Float32Array;

  constructor(request: CandidateRequest, parts: JobParts, signal: AbortSignal) {
    const { task, features, trainer, champion, trainingSet, halfLifeMs } = request;
    this.#request = request;
    this.#parts = parts;
    this.#signal = signal;
    this.#context = { task, features, params: trainer.params, champion };
    this.#weights = ageWeights(trainingSet.eventTimeMs, halfLifeMs);
  }

  async run(): Promise<Candidate> {
    const startedMs = performance.now();
    const { trainingSet: set, features, gate, champion, seed, version } = this.#request;
    invariant(set.width === features.length, 'the training set is as wide as the features');
    const slices = this.#cut();
    await this.#requireTrainable(set.labels.subarray(0, slices.trainEnd));
    const fit = await this.#fit(slices.trainEnd, slices.validationEnd);
    const { candidate, opponent, verdict, why } = await this.#judge(fit.model, slices);
    const refits = verdict === 'promote' && gate.refit;
    const { rowCount } = slices;
    const { model } = refits ? await this.#fit(rowCount, rowCount, fit) : fit;
    const scores = await scoreRows(this.#parts.scorers, model, this.#rows(0, rowCount));
    const names = features.map(({ name }) => name);
    const kinds = features.map(({ kind }) => kind);
    const refit = refits ? ', then fitted again on all rows, those of the gate included' : '';
    return {
      version,
      model,
      reference: makeDriftReference(set.features, set.rowCount, names, kinds, scores, seed),
      metrics: { candidate: candidate.figures, champion: champion === null ? null : opponent.figures },
      verdict,
      why: `${why} ${fit.summary}${refit}.`,
      rows: {
        train: slices.trainEnd,
        validation: slices.validationEnd - slices.trainEnd,
        gate: rowCount - slices.validationEnd,
      },
      newestRowMs: set.eventTimeMs[(refits ? rowCount : slices.validationEnd) - 1] as number,
      seconds: (performance.now() - startedMs) / 1_000,
    };
  }

  #cut(): Slices {
    const { trainingSet, gate, validationShare, champion } = this.#request;
    const validates = this.#parts.trainer.validates?.(this.#context) ?? false;
    const shares = { gate: gate.share, validation: validates ? validationShare : 0 };
    return cutSlices(trainingSet, shares, champion?.newestRowMs ?? null);
  }

  async #requireTrainable(labels: Float32Array): Promise<void> {
    const shortage = await this.#parts.task.shortage(labels);
    if (shortage === null) return;
    throw new MillraceError('TRAINING_SET_TOO_SMALL', `no model can be trained: ${shortage}`, {
      remedy: 'Wait for more labels.',
    });
  }

  /** @param first the fit that this one repeats on more rows */
  async #fit(trainCount: number, rowCount: number, first?: Fit): Promise<Fit> {
    const { trainingSet: set, seed } = this.#request;
    const fit = await this.#parts.trainer.fit({
      ...this.#context,
      rows: {
        ...this.#rows(0, rowCount),
        labels: set.labels.subarray(0, rowCount),
        weights: this.#weights.subarray(0, rowCount),
        eventTimeMs: set.eventTimeMs.subarray(0, rowCount),
      },
      trainCount,
      ...(first === undefined ? {} : { chosen: first.chosen }),
      seed,
      runtime: this.#parts.runtime,
      signal: this.#signal,
    });
    if (this.#signal.aborted)
      throw new MillraceError('TRAINING_FAILED', 'training was aborted', { cause: this.#signal.reason });
    return fit;
  }

  async #judge(
    model: Uint8Array,
    slices: Slices,
  ): Promise<Judgement & { readonly candidate: Assessment; readonly opponent: Assessment }> {
    const { trainingSet: set, task, gate, seed } = this.#request;
    const rows = this.#rows(slices.validationEnd, slices.rowCount);
    const labels = set.labels.subarray(slices.validationEnd, slices.rowCount);
    const scores = await scoreRows(this.#parts.scorers, model, rows);
    const candidate = await this.#parts.task.assess(scores, labels);
    const opponent = await this.#opponent(rows, labels, slices);
    return { ...judge(task, candidate, opponent, gate, seed), candidate, opponent };
  }

  /** The champion, or for a first model the task's baseline, from the labels before the gate's slice. */
  async #opponent(rows: RawRows, labels: Float32Array, { validationEnd }: Slices): Promise<Opponent> {
    const { champion, trainingSet } = this.#request;
    const { scorers, task } = this.#parts;
    if (champion !== null) {
      const scores = await scoreRows(scorers, champion.model, rows);
      return { name: `champion ${champion.version}`, ...(await task.assess(scores, labels)) };
    }
    const { name, score } = await task.baseline(trainingSet.labels.subarray(0, validationEnd));
    return { name, ...(await task.assess(new Float32Array(rows.rowCount).fill(score), labels)) };
  }

  #rows(from: number, to: number): RawRows {
    const { features, width } = this.#request.trainingSet;
    return { features: features.subarray(from * width, to * width), rowCount: to - from, width };
  }
}
