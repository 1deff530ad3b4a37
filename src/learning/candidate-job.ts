// One training from request to candidate (control path): cuts the training set by time, has the trainer fit what competes,
// judges at the gate, refits what passes, and makes the drift reference.
import { invariant, messageOf, MillraceError } from '../core/errors.ts';
import type { GraphRuntime, ScorerFactory } from '../ports/scorer.ts';
import { makeDriftReference } from '../stats/drift-reference.ts';
import { figureText } from '../tasks/figures.ts';
import type { Candidate, CandidateRequest } from './candidate.ts';
import { constantModel } from './constant-model.ts';
import { entrantsOf, type Entrant } from './entrants.ts';
import { judge, meanOf, type Opponent } from './gate.ts';
import type { RawRows } from './rows.ts';
import { scoreRows } from './score-rows.ts';
import { ageWeights, cutGate, type GateCut } from './slices.ts';
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

/** A fit with its scores on the gate's slice. */
interface Contender {
  readonly entrant: Entrant;
  readonly fit: Fit;
  readonly assessment: Assessment;
  /** Mean loss on the gate's slice. */
  readonly loss: number;
}

/** Parts of the gate's slice, in time, whose mean differences show how sure a difference is: neighbours resemble each other. */
const PARTS = 10;
/** Standard errors by which a later contender must be better. */
const ERRORS = 2;

/**
 * Of two contenders the later one if it is surely better: what is listed first has seen the most, and the best of several on few
 * rows, or in one storm, is the luckiest of them.
 */
function better(first: Contender, second: Contender): Contender {
  const rows = first.assessment.losses.length;
  const difference = first.loss - second.loss;
  let squares = 0;
  for (let part = 0; part < PARTS; part += 1) {
    const from = Math.floor((part * rows) / PARTS);
    const to = Math.floor(((part + 1) * rows) / PARTS);
    const mean = ({ assessment }: Contender): number => meanOf(assessment.losses.subarray(from, to));
    squares += (mean(first) - mean(second) - difference) ** 2;
  }
  return difference > (ERRORS * Math.sqrt(squares)) / PARTS ? second : first;
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
  readonly #cut: GateCut;

  constructor(request: CandidateRequest, parts: JobParts, signal: AbortSignal) {
    const { task, features, trainer, champion, trainingSet, halfLifeMs, gate, changeMs } = request;
    this.#request = request;
    this.#parts = parts;
    this.#signal = signal;
    this.#context = { task, features, params: trainer.params, champion };
    this.#weights = ageWeights(trainingSet.eventTimeMs, halfLifeMs);
    invariant(trainingSet.width === features.length, 'the training set is as wide as the features');
    this.#cut = cutGate(trainingSet, gate.share, champion?.newestRowMs ?? null, changeMs);
  }

  async run(): Promise<Candidate> {
    const startedMs = performance.now();
    const { trainingSet: set, features, gate, champion, seed, version, task } = this.#request;
    const { gateFrom, rowCount } = this.#cut;
    const contenders = await this.#contenders();
    const best = contenders.reduce(better);
    const { entrant, fit, assessment } = best;
    const opponent = await this.#opponent();
    const { verdict, why } = judge(task, assessment, opponent, gate, seed);
    const refits = verdict === 'promote' && gate.refit && entrant.trainEnd > entrant.from;
    const { model } = refits ? await this.#fit(entrant, rowCount, rowCount, fit) : fit;
    const scores = await scoreRows(this.#parts.scorers, model, this.#rows(entrant.from, rowCount));
    const refit = refits ? ', then fitted again on all rows, those of the gate included' : '';
    return {
      version,
      model,
      reference: makeDriftReference(
        this.#rows(entrant.from, rowCount).features,
        rowCount - entrant.from,
        features.map(({ name }) => name),
        features.map(({ kind }) => kind),
        scores,
        seed,
      ),
      metrics: { candidate: assessment.figures, champion: champion === null ? null : opponent.figures },
      verdict,
      why: `${why} ${fit.summary}${refit}.${this.#others(contenders, best)}`,
      rows: {
        train: entrant.trainEnd - entrant.from,
        validation: gateFrom - entrant.trainEnd,
        gate: rowCount - gateFrom,
      },
      newestRowMs: set.eventTimeMs[(refits ? rowCount : gateFrom) - 1] as number,
      seconds: (performance.now() - startedMs) / 1_000,
    };
  }

  async #contenders(): Promise<Contender[]> {
    const { champion, trainingSet } = this.#request;
    const contenders: Contender[] = [];
    let shortage: string | null = null;
    for (const entrant of this.#entrants()) {
      const lacking = await this.#parts.task.shortage(
        trainingSet.labels.subarray(entrant.from, entrant.trainEnd),
      );
      if (lacking !== null) shortage ??= lacking;
      else
        contenders.push(
          await this.#contender(entrant, await this.#fit(entrant, entrant.trainEnd, this.#cut.gateFrom)),
        );
    }
    if (champion !== null) contenders.push(await this.#constant());
    if (contenders.length > 0) return contenders;
    throw new MillraceError('TRAINING_SET_TOO_SMALL', `no model can be trained: ${shortage}`, {
      remedy: 'Wait for more labels.',
    });
  }

  #entrants(): Entrant[] {
    const { validationShare, champion } = this.#request;
    const { trainer } = this.#parts;
    const share = (context: FitContext): number =>
      trainer.validates?.(context) === true ? validationShare : 0;
    const startsWarm = champion !== null && trainer.startsWarm?.(this.#context) === true;
    const cold = trainer.startsWarm === undefined ? this.#context : { ...this.#context, champion: null };
    return entrantsOf(this.#cut, startsWarm, { warm: share(this.#context), cold: share(cold) });
  }

  /** The task's baseline of the present concept: what a champion that is worse is replaced by. */
  async #constant(): Promise<Contender> {
    const { trainingSet } = this.#request;
    const { changedFrom, gateFrom } = this.#cut;
    const from = changedFrom < gateFrom ? changedFrom : 0;
    const { name, score } = await this.#parts.task.baseline(trainingSet.labels.subarray(from, gateFrom));
    const fit = { model: constantModel(score, trainingSet.width), summary: `A constant, the ${name}` };
    return this.#contender({ name: `the ${name}`, isWarm: false, from, trainEnd: from }, fit);
  }

  async #contender(entrant: Entrant, fit: Fit): Promise<Contender> {
    const assessment = await this.#assess(fit.model);
    return { entrant, fit, assessment, loss: meanOf(assessment.losses) };
  }

  /** What competed beside the best one, with the mean loss on the gate's slice. */
  #others(contenders: readonly Contender[], best: Contender): string {
    const others = contenders.filter((contender) => contender !== best);
    if (others.length === 0) return '';
    const { loss } = this.#request.task;
    const texts = others.map(({ entrant, loss: reached }) => `${entrant.name} ${figureText(loss, reached)}`);
    return ` It was chosen of ${contenders.length}: ${texts.join(', ')}.`;
  }

  /** @param first the fit that this one repeats on more rows */
  async #fit({ from, isWarm }: Entrant, trainEnd: number, validationEnd: number, first?: Fit): Promise<Fit> {
    const { trainingSet: set, seed } = this.#request;
    const fit = await this.#parts.trainer.fit({
      ...this.#context,
      champion: isWarm || this.#parts.trainer.startsWarm === undefined ? this.#context.champion : null,
      rows: {
        ...this.#rows(from, validationEnd),
        labels: set.labels.subarray(from, validationEnd),
        weights: this.#weights.subarray(from, validationEnd),
        eventTimeMs: set.eventTimeMs.subarray(from, validationEnd),
      },
      trainCount: trainEnd - from,
      ...(first === undefined ? {} : { chosen: first.chosen }),
      seed,
      runtime: this.#parts.runtime,
      signal: this.#signal,
    });
    if (this.#signal.aborted)
      throw new MillraceError('TRAINING_FAILED', 'training was aborted', { cause: this.#signal.reason });
    return fit;
  }

  /** On the gate's slice. */
  async #assess(model: Uint8Array): Promise<Assessment> {
    const { gateFrom, rowCount } = this.#cut;
    const scores = await scoreRows(this.#parts.scorers, model, this.#rows(gateFrom, rowCount));
    return this.#parts.task.assess(scores, this.#request.trainingSet.labels.subarray(gateFrom, rowCount));
  }

  /** The champion, or for a first model the task's baseline, from the labels before the gate's slice. */
  async #opponent(): Promise<Opponent> {
    const { champion, trainingSet } = this.#request;
    if (champion !== null)
      return { name: `champion ${champion.version}`, ...(await this.#assess(champion.model)) };
    const { gateFrom, rowCount } = this.#cut;
    const { task } = this.#parts;
    const { name, score } = await task.baseline(trainingSet.labels.subarray(0, gateFrom));
    const labels = trainingSet.labels.subarray(gateFrom, rowCount);
    return { name, ...(await task.assess(new Float32Array(labels.length).fill(score), labels)) };
  }

  #rows(from: number, to: number): RawRows {
    const { features, width } = this.#request.trainingSet;
    return { features: features.subarray(from * width, to * width), rowCount: to - from, width };
  }
}
