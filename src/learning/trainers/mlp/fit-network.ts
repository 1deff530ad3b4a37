// The training loop (hot path of training): one graph run a step, one validation an epoch.
import { MillraceError } from '../../../core/errors.ts';
import type { MlpParams } from './params.ts';
import type { GraphRuntime, GraphSession, Tensor } from '../../../ports/scorer.ts';
import { Random } from '../../../stats/random.ts';
import { batchLike, encodedTensors, fillBatch, fillKeep, shuffle } from './encoded-set.ts';
import type { EncodedSet } from './encoded-set.ts';
import { meanLogLoss } from '../../../stats/log-loss.ts';
import type { NetworkShape } from './network-shape.ts';
import { openEncodedScorer } from './encoded-scorer.ts';
import { ADAM_BETA_1, ADAM_BETA_2, buildStepGraph } from './step-graph.ts';

export interface FitRequest {
  readonly shape: NetworkShape;
  readonly params: MlpParams;
  readonly set: EncodedSet;
  readonly labels: Float32Array;
  /** Of the rows, any scale. */
  readonly weights: Float32Array;
  /** Rows [0, trainEnd) train, [trainEnd, validationEnd) choose the epoch; none where they are equal. */
  readonly trainEnd: number;
  readonly validationEnd: number;
  readonly start: Float32Array;
  /** At most; the learning rate's schedule is as long. */
  readonly epochs: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

export interface Fit {
  readonly theta: Float32Array;
  /** Epochs that `theta` was trained for: those of the lowest validation loss where there is validation. */
  readonly epochs: number;
  /** Mean training loss of each epoch, before each step. */
  readonly trainLoss: readonly number[];
  readonly validationLoss: readonly number[];
}

/** The same request gives the same bits on the same machine. Throws TRAINING_FAILED when aborted. */
export async function fitNetwork(runtime: GraphRuntime, request: FitRequest): Promise<Fit> {
  const step = await runtime.load(buildStepGraph(request.shape, request.params));
  const validator = await openEncodedScorer(runtime, request.shape);
  try {
    const run = new Run(step, request);
    const trainLoss: number[] = [];
    const validationLoss: number[] = [];
    const hasValidation = request.validationEnd > request.trainEnd;
    let best = { theta: request.start, epochs: 0, loss: Number.POSITIVE_INFINITY };
    for (let epoch = 0; epoch < request.epochs; epoch += 1) {
      trainLoss.push(await run.epoch());
      if (!hasValidation) continue;
      const { trainEnd, validationEnd, labels, set } = request;
      const scores = await validator.score(run.theta, set, trainEnd, validationEnd);
      const loss = meanLogLoss(scores, labels.subarray(trainEnd, validationEnd));
      validationLoss.push(loss);
      if (loss < best.loss) best = { theta: run.theta.slice(), epochs: epoch + 1, loss };
      if (epoch + 1 - best.epochs >= request.params.patienceEpochs) break;
    }
    const kept = hasValidation ? best : { theta: run.theta.slice(), epochs: trainLoss.length };
    if (!kept.theta.every(Number.isFinite)) throw diverged(request);
    return { theta: kept.theta, epochs: kept.epochs, trainLoss, validationLoss };
  } finally {
    await step.close();
    await validator.close();
  }
}

/** Parameters, moments and random numbers of one fit under way. */
class Run {
  readonly #session: GraphSession;
  readonly #request: FitRequest;
  readonly #random: Random;
  readonly #order: Uint32Array;
  readonly #batch: EncodedSet;
  readonly #feeds: Record<string, Tensor>;
  readonly #labels: Float32Array;
  readonly #weights: Float32Array;
  readonly #keep: Uint8Array;
  readonly #meanWeight: number;
  readonly #stepsTotal: number;
  #steps = 0;

  constructor(session: GraphSession, request: FitRequest) {
    const { trainEnd, params, shape, set, start } = request;
    this.#session = session;
    this.#request = request;
    this.#random = new Random(request.seed);
    this.#order = Uint32Array.from({ length: trainEnd }, (_, i) => i);
    const rows = Math.min(params.batchRows, trainEnd);
    this.#batch = batchLike(set, rows);
    this.#labels = new Float32Array(rows);
    this.#weights = new Float32Array(rows);
    const units = shape.members * shape.hidden.reduce((sum, size) => sum + size, 0);
    this.#keep = new Uint8Array(rows * units);
    this.#meanWeight = request.weights.subarray(0, trainEnd).reduce((sum, w) => sum + w, 0) / trainEnd;
    this.#stepsTotal = this.#stepsPerEpoch * request.epochs;
    const zeros = (): Tensor => vector(new Float32Array(shape.size));
    this.#feeds = {
      ...encodedTensors(this.#batch, 0, rows),
      labels: { type: 'float32', data: this.#labels, dims: [rows, 1] },
      weights: { type: 'float32', data: this.#weights, dims: [rows, 1] },
      theta: vector(start),
      m: zeros(),
      v: zeros(),
    };
    if (params.dropout > 0) this.#feeds['keep'] = { type: 'bool', data: this.#keep, dims: [rows, units] };
  }

  get theta(): Float32Array {
    return this.#feeds['theta']?.data as Float32Array;
  }

  /** Whole batches alone: the rows left over are others in each epoch. */
  get #stepsPerEpoch(): number {
    return Math.floor(this.#order.length / this.#batch.rowCount);
  }

  async epoch(): Promise<number> {
    shuffle(this.#order, this.#random);
    const steps = this.#stepsPerEpoch;
    let loss = 0;
    for (let step = 0; step < steps; step += 1) {
      if (this.#request.signal.aborted) throw aborted(this.#request.signal);
      this.#fill(step * this.#batch.rowCount);
      loss += await this.#step();
    }
    return loss / steps;
  }

  #fill(at: number): void {
    const { set, labels, weights, params } = this.#request;
    const rows = this.#batch.rowCount;
    const scale = 1 / (rows * this.#meanWeight);
    fillBatch(this.#batch, set, this.#order, at);
    for (let i = 0; i < rows; i += 1) {
      const row = this.#order[at + i] as number;
      this.#labels[i] = labels[row] as number;
      this.#weights[i] = (weights[row] as number) * scale;
    }
    if (params.dropout > 0) fillKeep(this.#keep, params.dropout, this.#random);
  }

  async #step(): Promise<number> {
    const { params, learningRate } = this.#request;
    const progress = this.#steps / this.#stepsTotal;
    const factor = params.schedule === 'cosine' ? (1 + Math.cos(Math.PI * progress)) / 2 : 1;
    this.#steps += 1;
    this.#feeds['rate'] = scalar(learningRate * factor);
    this.#feeds['correction1'] = scalar(1 / (1 - ADAM_BETA_1 ** this.#steps));
    this.#feeds['correction2'] = scalar(1 / (1 - ADAM_BETA_2 ** this.#steps));
    const { theta_next: theta, m_next: m, v_next: v, loss } = await this.#session.run(this.#feeds);
    if (!theta || !m || !v || !loss) throw diverged(this.#request);
    Object.assign(this.#feeds, { theta, m, v });
    return loss.data[0] as number;
  }
}

function vector(data: Float32Array): Tensor {
  return { type: 'float32', data, dims: [data.length] };
}

function scalar(value: number): Tensor {
  return { type: 'float32', data: Float32Array.of(value), dims: [] };
}

function aborted(signal: AbortSignal): MillraceError {
  return new MillraceError('TRAINING_FAILED', 'training was aborted', { cause: signal.reason });
}

function diverged(request: FitRequest): MillraceError {
  return new MillraceError('TRAINING_FAILED', 'the parameters are not finite numbers any more', {
    where: `learning rate ${request.learningRate}`,
    remedy: 'Lower the learning rate, or look for infinite values in the features.',
  });
}
