// The trainer (control path): one training set in, one judged candidate out.
import { invariant, messageOf, MillraceError } from '../../../core/errors.ts';
import type { GraphRuntime, ScorerFactory } from '../../../ports/scorer.ts';
import type { Candidate, Trainer, TrainRequest } from '../../../ports/trainer.ts';
import { makeDriftReference } from '../../../stats/drift-reference.ts';
import { encodeRows } from './encoded-set.ts';
import { scoreRows } from '../../score-rows.ts';
import type { RawRows } from './fit-encoding.ts';
import { fitNetwork } from './fit-network.ts';
import type { Fit } from './fit-network.ts';
import { judge } from '../../gate.ts';
import type { Judgement, Opponent } from '../../gate.ts';
import { buildModel } from './model-file.ts';
import { binary } from '../../../tasks/binary.ts';
import { atLeast } from '../../../window/predicate.ts';
import { ageWeights, cutSlices } from '../../slices.ts';
import type { Slices } from '../../slices.ts';
import { makeStart, readChampion } from './start.ts';
import type { Champion } from './start.ts';

/** Trains in the calling thread, which it keeps busy: app/training/worker-trainer.ts has a thread of its own for it. */
export class GraphTrainer implements Trainer {
  readonly #runtime: GraphRuntime;
  readonly #scorers: ScorerFactory;

  /** Graphs train; models are judged as they are served, by a scorer. */
  constructor(runtime: GraphRuntime, scorers: ScorerFactory) {
    this.#runtime = runtime;
    this.#scorers = scorers;
  }

  async train(request: TrainRequest, signal: AbortSignal): Promise<Candidate> {
    try {
      return await new Job(this.#runtime, this.#scorers, request, signal).run();
    } catch (error) {
      if (error instanceof MillraceError) throw error;
      throw new MillraceError('TRAINING_FAILED', `training failed: ${messageOf(error)}`, {
        where: `${request.topology} ${request.version}`,
        cause: error,
      });
    }
  }

  async close(): Promise<void> {}
}

const task = binary({ column: 'label', positive: atLeast(1) });

/** A model file and how it came about. */
interface Fitted {
  readonly model: Uint8Array;
  readonly fit: Fit;
}

/** One training from request to candidate. */
class Job {
  readonly #runtime: GraphRuntime;
  readonly #scorers: ScorerFactory;
  readonly #request: TrainRequest;
  readonly #signal: AbortSignal;
  readonly #champion: Champion | null;
  readonly #epochs: number;

  constructor(runtime: GraphRuntime, scorers: ScorerFactory, request: TrainRequest, signal: AbortSignal) {
    this.#runtime = runtime;
    this.#scorers = scorers;
    this.#request = request;
    this.#signal = signal;
    this.#champion = readChampion(request);
    this.#epochs = this.#isWarm ? request.params.warmEpochs : request.params.epochs;
  }

  get #isWarm(): boolean {
    return this.#champion !== null && this.#champion.warm !== null;
  }

  async run(): Promise<Candidate> {
    const startedMs = performance.now();
    const { trainingSet: set, params } = this.#request;
    invariant(set.width === this.#request.features.length, 'the training set is as wide as the features');
    const slices = cutSlices(set, params, this.#champion?.newestRowMs ?? null, this.#epochs);
    requireBothClasses(set.labels.subarray(0, slices.trainEnd));
    const fitted = await this.#fit(slices, this.#epochs);
    const judgement = await this.#judge(fitted.model, slices);
    const refits = judgement.verdict === 'promote' && params.refitAfterGate;
    const all = { ...slices, trainEnd: slices.rowCount, validationEnd: slices.rowCount };
    const { model } = refits ? await this.#fit(all, fitted.fit.epochs) : fitted;
    const names = this.#request.features.map(({ name }) => name);
    const kinds = this.#request.features.map(({ kind }) => kind);
    const scores = await scoreRows(this.#scorers, model, this.#rows(slices.rowCount));
    return {
      version: this.#request.version,
      model,
      reference: makeDriftReference(set.features, set.rowCount, names, kinds, scores, this.#request.seed),
      metrics: {
        candidate: judgement.candidate,
        champion: this.#champion === null ? null : judgement.opponent,
      },
      verdict: judgement.verdict,
      why: `${judgement.why} ${this.#provenance(fitted.fit, refits)}`,
      rows: {
        train: slices.trainEnd,
        validation: slices.validationEnd - slices.trainEnd,
        gate: slices.rowCount - slices.validationEnd,
      },
      seconds: (performance.now() - startedMs) / 1_000,
    };
  }

  /** Encoding, fit and model file of the rows before `trainEnd`, early stopping on those before `validationEnd`. */
  async #fit({ trainEnd, validationEnd }: Slices, epochs: number): Promise<Fitted> {
    const { trainingSet: set, params, seed } = this.#request;
    const labels = set.labels.subarray(0, trainEnd);
    const start = makeStart(this.#champion?.warm ?? null, this.#rows(trainEnd), labels, this.#request);
    const fit = await fitNetwork(this.#runtime, {
      shape: start.shape,
      params,
      set: await encodeRows(this.#runtime, start.encoding, this.#rows(validationEnd)),
      labels: set.labels,
      weights: ageWeights(set.eventTimeMs, params.halfLifeDays),
      trainEnd,
      validationEnd,
      start: start.theta,
      // A fit on all rows has the learning rate fall over the epochs that were chosen, not over those that were tried.
      epochs,
      learningRate: this.#isWarm ? params.warmLearningRate : params.learningRate,
      // Not the seed of the initial parameters: their random numbers should have nothing to do with one another.
      seed: seed + 1,
      signal: this.#signal,
    });
    const newestRowMs = set.eventTimeMs[validationEnd - 1] as number;
    return { model: buildModel(start.encoding, start.shape, fit.theta, newestRowMs), fit };
  }

  async #judge(model: Uint8Array, slices: Slices): Promise<Judgement> {
    const { trainingSet: set, params, seed } = this.#request;
    const rows = this.#rows(slices.rowCount, slices.validationEnd);
    const scores = await scoreRows(this.#scorers, model, rows);
    const labels = set.labels.subarray(slices.validationEnd, slices.rowCount);
    return judge(task, scores, labels, await this.#opponent(rows, slices), params, seed);
  }

  /** The champion, or for a first model the share of positives before the gate's slice. */
  async #opponent(rows: RawRows, { validationEnd }: Slices): Promise<Opponent> {
    const { champion, trainingSet } = this.#request;
    if (champion !== null) {
      const scores = await scoreRows(this.#scorers, champion.model, rows);
      return { name: `champion ${champion.version}`, scores };
    }
    const positives = trainingSet.labels.subarray(0, validationEnd).reduce((sum, label) => sum + label, 0);
    return { name: 'base rate', scores: new Float32Array(rows.rowCount).fill(positives / validationEnd) };
  }

  #provenance({ epochs }: Fit, refits: boolean): string {
    const start = this.#isWarm
      ? 'Started from the champion'
      : `Started afresh${this.#champion === null ? '' : ` as ${this.#champion.whyCold}`}`;
    const refit = refits ? ', then trained again for as many on all rows, the gate slice included' : '';
    return `${start}, ${epochs} of ${this.#epochs} epochs${refit}.`;
  }

  #rows(to: number, from = 0): RawRows {
    const { features, width } = this.#request.trainingSet;
    return { features: features.subarray(from * width, to * width), rowCount: to - from, width };
  }
}

function requireBothClasses(labels: Float32Array): void {
  const positives = labels.reduce((sum, label) => sum + label, 0);
  if (positives > 0 && positives < labels.length) return;
  throw new MillraceError('TRAINING_SET_TOO_SMALL', 'the training rows have one class alone', {
    remedy: 'Wait for labels of both classes.',
  });
}
