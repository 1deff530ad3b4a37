// One training from request to candidate (control path): cuts the training set by time, has the trainers fit what competes,
// judges at the gate, refits what passes, and makes the drift reference.
import { invariant, messageOf, MillraceError } from '../core/errors.ts';
import { bytesOf } from '../core/model-content.ts';
import { invalidRows, outputCount, validRowText } from '../tasks/outputs.ts';
import { AlertJob } from './alert-job.ts';
import { Attempts } from './attempts.ts';
import { calibrated, calibrationOf } from './calibration/calibrate-fit.ts';
import type { Candidate, CandidateRequest, LoadedRequest } from './candidate.ts';
import { constantModel } from './constant-model.ts';
import {
  chosenOf,
  firstsOf,
  logsText,
  othersText,
  titleOf,
  type Assessed,
  type Contender,
} from './contenders.ts';
import { SINCE_CHANGE, type Entrant } from './entrants.ts';
import { jointContender } from './joint-fit.ts';
import { canBeJoined } from './mean-model.ts';
import { meanOf } from '../stats/mean.ts';
import { judge, type Opponent } from './gate.ts';
import type { JobParts } from './job-parts.ts';
import { referenceOf } from './reference-of.ts';
import { rowsOf } from './rows.ts';
import { scoreRows } from './score-rows.ts';
import { ageWeights, cutGate, type GateCut } from './slices.ts';
import type { Assessment } from './task-calls.ts';
import { TrainerFits, type FitParts } from './trainer-fits.ts';
import type { Fit, Trainer } from './trainer.ts';

async function loaded(request: CandidateRequest): Promise<LoadedRequest> {
  const { champion } = request;
  if (champion === null) return { ...request, champion };
  return { ...request, champion: { ...champion, model: await bytesOf(champion.model) } };
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
    const Job = request.task.alerts === undefined ? CandidateJob : AlertJob;
    return await new Job(await loaded(request), parts, signal).run();
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    throw new MillraceError('TRAINING_FAILED', `training failed: ${messageOf(error)}`, {
      where: `${request.topology} ${request.version}`,
      cause: error,
    });
  }
}

class CandidateJob {
  readonly #request: LoadedRequest;
  readonly #parts: JobParts;
  readonly #fits: FitParts;
  readonly #cut: GateCut;
  readonly #attempts: Attempts;
  /** Why rows cannot be fitted, if some cannot. */
  #shortage: string | null = null;

  constructor(request: LoadedRequest, parts: JobParts, signal: AbortSignal) {
    const { features, champion, trainingSet, halfLifeMs, gate, changeMs, task } = request;
    this.#request = request;
    this.#attempts = new Attempts(signal);
    this.#parts = parts;
    invariant(trainingSet.width === features.length, 'the training set is as wide as the features');
    const newestMs = champion?.newestRowMs ?? null;
    this.#cut = cutGate(trainingSet, gate.share, newestMs, changeMs, task.objective);
    const weights = ageWeights(trainingSet.eventTimeMs, halfLifeMs);
    this.#fits = { request, cut: this.#cut, weights, runtime: parts.runtime, signal };
  }

  async run(): Promise<Candidate> {
    const startedMs = performance.now();
    const { trainingSet: set, gate, champion, seed, version, task } = this.#request;
    const { gateFrom, rowCount } = this.#cut;
    const contenders = await this.#contenders();
    const best = chosenOf(contenders);
    const { entrant, fit, assessment } = best;
    const opponent = await this.#opponent();
    const { verdict, why, gain } = judge(task, assessment, opponent, gate, seed);
    const wantsRefit = verdict === 'promote' && gate.refit && entrant.trainEnd > entrant.from;
    const refitted = wantsRefit ? await this.#refit(best) : null;
    const refit = refitted === null ? '' : ', then fitted again on all rows, those of the gate included';
    const { model } = refitted ?? fit;
    return {
      version,
      model,
      trainer: { name: best.trainer.name, params: fit.params ?? best.trainer.params },
      reference: await referenceOf(
        this.#request,
        this.#parts.scorers,
        model,
        rowsOf(set, entrant.from, rowCount),
      ),
      metrics: { candidate: assessment.figures, champion: champion === null ? null : opponent.figures },
      gain,
      verdict,
      why: `${why} ${fit.summary}${refit}.${othersText(contenders, best, task)}${this.#attempts.text}`,
      rows: {
        train: entrant.trainEnd - entrant.from,
        validation: gateFrom - entrant.trainEnd,
        gate: rowCount - gateFrom,
      },
      newestRowMs: set.eventTimeMs[(refitted === null ? gateFrom : rowCount) - 1] as number,
      seconds: (performance.now() - startedMs) / 1_000,
      log: logsText(contenders, refitted),
    };
  }

  /** Every fit that can be judged, those of the first trainer first. What fails is left out, unless everything does. */
  async #contenders(): Promise<Contender[]> {
    const { champion, trainers } = this.#request;
    const groups: Contender[][] = [];
    for (const [i, trainer] of trainers.entries())
      groups.push(await this.#contendersOf(trainer, titleOf(trainers, i)));
    const contenders = groups.flat();
    if (contenders.length === 0) this.#attempts.throwFirst();
    const firsts = firstsOf(groups);
    // Rows since the change may all be of one storm: what they taught needs to win for sure.
    const voted = contenders.filter((one) => one.entrant.name !== SINCE_CHANGE || firsts.includes(one));
    const joint = await this.#joint(voted, firsts);
    if (joint !== null) contenders.push(joint);
    if (champion !== null) contenders.push(await this.#constant());
    if (contenders.length > 0) return contenders;
    throw new MillraceError('TRAINING_SET_TOO_SMALL', `no model can be trained: ${this.#shortage}`, {
      remedy: 'Wait for more labels.',
    });
  }

  async #contendersOf(trainer: Trainer, title: string): Promise<Contender[]> {
    const fits = await this.#attempts.make(title, async () => {
      const module = await this.#parts.load(trainer);
      const opened = new TrainerFits(trainer, module, this.#fits);
      return { opened, entrants: opened.entrants() };
    });
    const contenders: Contender[] = [];
    for (const entrant of fits?.entrants ?? []) {
      const labels = this.#request.trainingSet.labels.subarray(entrant.from, entrant.trainEnd);
      const lacking = await this.#parts.task.shortage(labels);
      this.#shortage ??= lacking;
      if (lacking !== null || fits === null) continue;
      const full = `${title} ${entrant.name}`.trim();
      const contender = await this.#attempts.make(full, () => this.#fitted(fits.opened, entrant, full));
      if (contender !== null) contenders.push(contender);
    }
    return contenders;
  }

  async #fitted(fits: TrainerFits, entrant: Entrant, title: string): Promise<Contender> {
    const { gateFrom } = this.#cut;
    const { task } = this.#request;
    const raw = await fits.fit(entrant, entrant.trainEnd, gateFrom);
    const map = await calibrationOf(this.#request, this.#parts.scorers, raw, entrant.trainEnd, gateFrom);
    const fit = calibrated(raw, map, task);
    const assessed = await this.#assessed(fit);
    const refit = async (trainEnd: number): Promise<Fit> =>
      calibrated(await fits.fit(entrant, trainEnd, trainEnd, raw), map, task);
    return { title, entrant, isJoint: false, trainer: fits.trainer, fit, ...assessed, refit };
  }

  /** Fits of several trainers together; null if there are not two that can be joined. */
  async #joint(all: readonly Contender[], firsts: readonly Contender[]): Promise<Contender | null> {
    if (this.#request.trainers.length < 2 || all.length < 2 || !canBeJoined(all.map(({ fit }) => fit.model)))
      return null;
    return this.#attempts.make('all together', () =>
      jointContender(all, firsts, {
        lossesOf: (scores) => this.#parts.task.losses(scores, this.#gateLabels),
        assessed: (fit) => this.#assessed(fit),
      }),
    );
  }

  /** Null if it fails: the fit that was judged serves. */
  #refit({ title, refit }: Contender): Promise<Fit | null> {
    return this.#attempts.make(`${title}, fitted again`, async () => {
      const fit = await refit(this.#cut.rowCount);
      // As it is served: a model that does not load is a failure.
      await this.#assessed(fit);
      return fit;
    });
  }

  /** The task's baseline of the present concept: what a champion that is worse is replaced by. */
  async #constant(): Promise<Contender> {
    const { trainingSet } = this.#request;
    const { changedFrom, gateFrom } = this.#cut;
    const from = changedFrom < gateFrom ? changedFrom : 0;
    const {
      name,
      score,
      outputs = [score],
    } = await this.#parts.task.baseline(trainingSet.labels.subarray(from, gateFrom));
    const fit = { model: constantModel(outputs, trainingSet.width), summary: `A constant, the ${name}` };
    return {
      title: `the ${name}`,
      entrant: { name: `the ${name}`, isWarm: false, from, trainEnd: from },
      isJoint: false,
      trainer: { name: 'constant', params: {} },
      fit,
      ...(await this.#assessed(fit)),
      refit: async () => fit,
    };
  }

  /** A fit on the gate's slice. One whose scores would not serve cannot be compared. */
  async #assessed({ model }: Fit): Promise<Assessed> {
    const { output } = this.#request.task;
    const scores = await this.#scores(model);
    const invalid = invalidRows(output, scores);
    if (invalid > 0)
      throw new MillraceError(
        'MODEL_INVALID',
        `${invalid} of ${scores.length / outputCount(output)} scores are not ${validRowText(output)}`,
        {
          remedy: `Return a ${output.name} for every row, those with missing values included.`,
        },
      );
    const assessment = await this.#assess(scores);
    return { scores, assessment, loss: meanOf(assessment.losses) };
  }

  /** On the gate's slice. */
  #scores(model: Uint8Array): Promise<Float32Array> {
    const { output } = this.#request.task;
    const rows = rowsOf(this.#request.trainingSet, this.#cut.gateFrom, this.#cut.rowCount);
    return scoreRows(this.#parts.scorers, model, rows, outputCount(output));
  }

  #assess(scores: Float32Array): Promise<Assessment> {
    return this.#parts.task.assess(scores, this.#gateLabels);
  }

  get #gateLabels(): Float32Array {
    return this.#request.trainingSet.labels.subarray(this.#cut.gateFrom, this.#cut.rowCount);
  }

  /** The champion, or for a first model the task's baseline, from the labels before the gate's slice. */
  async #opponent(): Promise<Opponent> {
    const { champion, trainingSet } = this.#request;
    if (champion !== null)
      return {
        name: `champion ${champion.version}`,
        ...(await this.#assess(await this.#scores(champion.model))),
      };
    const { gateFrom, rowCount } = this.#cut;
    const { task } = this.#parts;
    const { name, score, outputs = [score] } = await task.baseline(trainingSet.labels.subarray(0, gateFrom));
    const all = new Float32Array((rowCount - gateFrom) * outputs.length);
    for (let at = 0; at < all.length; at += outputs.length) all.set(outputs, at);
    return { name, ...(await this.#assess(all)) };
  }
}
