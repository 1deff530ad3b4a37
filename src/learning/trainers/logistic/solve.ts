// Coefficients of a linear model from rows (control path, in a thread of its own).
import { setImmediate as breath } from 'node:timers/promises';
import { MillraceError } from '../../../core/errors.ts';
import { expectation, type LabelNoise } from './label-noise.ts';
import { minimise, type Minimum } from './lbfgs.ts';
import type { RowLoss } from './losses.ts';
import { curvatureOf, penalisedLoss, type LinearRows } from './penalised-loss.ts';

/** Of the scaled gradient of the mean loss: scores are right to six digits. */
const TOLERANCE = 1e-7;
const ITERATIONS_MAX = 1_000;
/** Turns of rates and coefficients, and iterations of one: the next one goes on. */
const ROUNDS_MAX = 30;
const ROUND_ITERATIONS_MAX = 10;
/** Of a rate of wrong labels. */
const RATE_TOLERANCE = 1e-4;

export interface Problem {
  readonly rows: LinearRows;
  readonly labels: Float64Array;
  readonly weights: Float64Array;
  readonly loss: RowLoss;
  readonly signal: AbortSignal;
}

export function solve(
  problem: Problem,
  l2: number,
  start: Float64Array,
  iterationsMax: number = ITERATIONS_MAX,
): Promise<Minimum> {
  const penalised = { ...problem, l2 };
  return minimise(penalisedLoss(penalised), start, {
    curvature: curvatureOf(penalised),
    tolerance: TOLERANCE,
    iterationsMax,
    async breathe() {
      await breath();
      if (problem.signal.aborted)
        throw new MillraceError('TRAINING_FAILED', 'training was aborted', { cause: problem.signal.reason });
    },
  });
}

export interface Fitted extends Pick<Minimum, 'point' | 'iterations'> {
  readonly l2: number;
  /** Null for labels that count as right. */
  readonly noise: LabelNoise | null;
}

export interface NoisyFit extends Fitted {
  readonly noise: LabelNoise;
}

/** Rates of wrong labels and coefficients in turn, each the likeliest for the other. */
export async function solveNoisy(
  problem: Problem,
  l2: number,
  start: Float64Array,
  first: LabelNoise,
): Promise<NoisyFit> {
  let [point, noise, iterations] = [start, first, 0];
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const { targets, noise: next } = expectation(problem.rows, problem.labels, problem.weights, point, noise);
    const moved = Math.max(Math.abs(next.low - noise.low), Math.abs(next.high - noise.high));
    const step = await solve({ ...problem, labels: targets }, l2, point, ROUND_ITERATIONS_MAX);
    iterations += step.iterations;
    ({ point } = step);
    noise = next;
    if (moved < RATE_TOLERANCE) break;
  }
  return { point, iterations, l2, noise };
}
