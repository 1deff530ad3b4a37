// The training loop (hot path of training): one graph run a step, a validation every 20th of the steps.
import { MillraceError } from '../../../core/errors.ts';
import type { MlpParams } from './params.ts';
import type { GraphRuntime, GraphSession, Tensor } from '../../../ports/scorer.ts';
import { Random } from '../../../stats/random.ts';
import { encodedTensors } from '../encoding/encoded-set.ts';
import { batchLike, fillBatch, fillKeep, shuffle } from './batches.ts';
import type { EncodedSet } from '../encoding/encoded-set.ts';
import { meanLossOf, type Head } from './head.ts';
import type { NetworkShape } from './network-shape.ts';
import { openEncodedScorer } from './encoded-scorer.ts';
import { ADAM_BETA_1, ADAM_BETA_2, buildStepGraph } from './step-graph.ts';

const VALIDATIONS = 20;
/** What a validation loss must be lower by to count. */
const LOSS_LOWER_MIN = 1e-4;
/**
 * Of the averaging by polynomial decay: the average is of about the newest ninth of the steps.
 * Source: O. Shamir, T. Zhang, "Stochastic gradient descent for non-smooth optimization" (ICML 2013).
 */
const AVERAGE_DECAY = 8;
const BATCH_ROWS_MIN = 16;
const BATCH_ROWS_MAX = 512;

export interface FitRequest {
  readonly head: Head;
  readonly shape: NetworkShape;
  readonly params: MlpParams;
  readonly set: EncodedSet;
  /** Standardised. */
  readonly labels: Float32Array;
  /** Of the rows, any scale. */
  readonly weights: Float32Array;
  /** Rows [0, trainEnd) train, [trainEnd, validationEnd) choose the number of steps; none where they are equal. */
  readonly trainEnd: number;
  readonly validationEnd: number;
  readonly start: Float32Array;
  /** At most; the learning rate's schedule is as long. */
  readonly steps: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

export interface Fit {
  /** Averaged over the newest of the steps. */
  readonly theta: Float32Array;
  /** Steps that `theta` was trained for: those of the lowest validation loss where there is validation. */
  readonly steps: number;
  /** Of the kept parameters; null without validation. */
  readonly validationLoss: number | null;
}

/** A power of two: some 30 steps for each pass over the rows. */
export function batchRowsFor({ batchRows }: MlpParams, trainRows: number): number {
  const byRows = 2 ** Math.round(Math.log2(Math.max(1, trainRows / 32)));
  return Math.min(batchRows ?? Math.min(BATCH_ROWS_MAX, Math.max(BATCH_ROWS_MIN, byRows)), trainRows);
}

/** The same request gives the same bits on the same machine. Throws TRAINING_FAILED when aborted. */
export async function fitNetwork(runtime: GraphRuntime, request: FitRequest): Promise<Fit> {
  const step = await runtime.load(buildStepGraph(request.shape, request.params, request.head));
  const validator = await openEncodedScorer(runtime, request.shape, request.head);
  try {
    const { trainEnd, validationEnd, labels, weights, set, steps, params, head } = request;
    const run = new Run(step, request);
    const hasValidation = validationEnd > trainEnd;
    const round = hasValidation ? Math.max(1, Math.ceil(steps / VALIDATIONS)) : steps;
    const lossOf = async (theta: Float32Array): Promise<number> => {
      const scores = await validator.score(theta, set, trainEnd, validationEnd);
      return meanLossOf(
        head,
        scores,
        labels.subarray(trainEnd, validationEnd),
        weights.subarray(trainEnd, validationEnd),
      );
    };
    let best = { theta: request.start, steps: 0, loss: Number.POSITIVE_INFINITY };
    let worse = 0;
    for (let done = round; ; done = Math.min(steps, done + round)) {
      await run.until(done);
      const loss = hasValidation ? await lossOf(run.theta) : 0;
      worse += 1;
      if (!hasValidation || loss < best.loss - LOSS_LOWER_MIN) {
        best = { theta: run.theta.slice(), steps: done, loss };
        worse = 0;
      }
      if (done === steps || worse === params.patience) break;
    }
    if (!best.theta.every(Number.isFinite)) throw diverged(request);
    return { theta: best.theta, steps: best.steps, validationLoss: hasValidation ? best.loss : null };
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
  readonly #averaged: Float32Array;
  /** Rows of `#order` that this pass over them has used. */
  #used = 0;
  #steps = 0;

  constructor(session: GraphSession, request: FitRequest) {
    const { trainEnd, params, shape, set, start } = request;
    this.#session = session;
    this.#request = request;
    this.#averaged = start.slice();
    this.#random = new Random(request.seed);
    this.#order = Uint32Array.from({ length: trainEnd }, (_, i) => i);
    const rows = batchRowsFor(params, trainEnd);
    this.#batch = batchLike(set, rows);
    this.#labels = new Float32Array(rows);
    this.#weights = new Float32Array(rows);
    const units = shape.members * shape.hidden.reduce((sum, size) => sum + size, 0);
    this.#keep = new Uint8Array(rows * units);
    this.#meanWeight = request.weights.subarray(0, trainEnd).reduce((sum, w) => sum + w, 0) / trainEnd;
    shuffle(this.#order, this.#random);
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

  /** The average: its noise is that of a rate which has fallen, wherever the fit ends. */
  get theta(): Float32Array {
    return this.#averaged;
  }

  /** Runs steps until so many are done. Batches are whole: the rows left over are others in each pass. */
  async until(steps: number): Promise<void> {
    const rows = this.#batch.rowCount;
    while (this.#steps < steps) {
      if (this.#request.signal.aborted) throw aborted(this.#request.signal);
      if (this.#used + rows > this.#order.length) {
        shuffle(this.#order, this.#random);
        this.#used = 0;
      }
      this.#fill(this.#used);
      this.#used += rows;
      await this.#step();
    }
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

  async #step(): Promise<void> {
    const { params, learningRate, steps } = this.#request;
    const progress = this.#steps / steps;
    const factor = params.schedule === 'cosine' ? (1 + Math.cos(Math.PI * progress)) / 2 : 1;
    this.#steps += 1;
    this.#feeds['rate'] = scalar(learningRate * factor);
    this.#feeds['correction1'] = scalar(1 / (1 - ADAM_BETA_1 ** this.#steps));
    this.#feeds['correction2'] = scalar(1 / (1 - ADAM_BETA_2 ** this.#steps));
    const { theta_next: theta, m_next: m, v_next: v } = await this.#session.run(this.#feeds);
    if (!theta || !m || !v) throw diverged(this.#request);
    Object.assign(this.#feeds, { theta, m, v });
    this.#average(theta.data as Float32Array);
  }

  #average(newest: Float32Array): void {
    const share = (AVERAGE_DECAY + 1) / (this.#steps + AVERAGE_DECAY);
    const averaged = this.#averaged;
    for (let i = 0; i < averaged.length; i += 1) {
      const before = averaged[i] as number;
      averaged[i] = before + share * ((newest[i] as number) - before);
    }
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
