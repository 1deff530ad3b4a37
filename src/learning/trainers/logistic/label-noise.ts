// Logistic regression whose labels are wrong at some rate (hot path of training): the odds of rows far from the boundary end at that
// rate, and no such row pulls at it. Source: J. Bootkrajang, A. Kabán, "Label-noise robust logistic regression and its
// applications" (ECML PKDD 2012), by expectation maximisation.
import type { RowLoss } from './losses.ts';
import { outputsOf, type LinearRows } from './penalised-loss.ts';

/** Probabilities of label 1: `low` where the true class is 0, `high` where it is 1. */
export interface LabelNoise {
  readonly low: number;
  readonly high: number;
}

/** From which rates are sought. */
export const FIRST_NOISE: LabelNoise = { low: 0.02, high: 0.98 };
/** Rows of each class and label that count as seen before: no rate is 0 or 1. */
const SEEN_BEFORE = 0.5;

/** Cross-entropy of low + (high - low) / (1 + e^-z). */
export function noisy({ low, high }: LabelNoise): RowLoss {
  return {
    outputs: 1,
    of(outputs, label, gradient) {
      const share = 1 / (1 + Math.exp(-(outputs[0] as number)));
      const probability = low + (high - low) * share;
      const byProbability = (probability - label) / (probability * (1 - probability));
      gradient[0] = byProbability * (high - low) * share * (1 - share);
      return -(label * Math.log(probability) + (1 - label) * Math.log(1 - probability));
    },
  };
}

export interface Expected {
  /** Probability that the true class of each row is 1. */
  readonly targets: Float64Array;
  /** The rates that these say. */
  readonly noise: LabelNoise;
}

/** @param theta coefficients of the true class, as penalised-loss.ts lays them out */
export function expectation(
  rows: LinearRows,
  labels: Float64Array,
  weights: Float64Array,
  theta: Float64Array,
  { low, high }: LabelNoise,
): Expected {
  const targets = new Float64Array(rows.rowCount);
  const outputs = new Float64Array(1);
  let [ones, onesLabelled, zeros, zerosLabelled] = [0, 0, 0, 0];
  for (let row = 0; row < rows.rowCount; row += 1) {
    outputsOf(rows, row, theta, outputs);
    const label = labels[row] as number;
    const weight = weights[row] as number;
    const share = 1 / (1 + Math.exp(-(outputs[0] as number)));
    const one = share * (label > 0 ? high : 1 - high);
    const zero = (1 - share) * (label > 0 ? low : 1 - low);
    const target = one / (one + zero);
    targets[row] = target;
    ones += weight * target;
    onesLabelled += weight * target * label;
    zeros += weight * (1 - target);
    zerosLabelled += weight * (1 - target) * label;
  }
  const rate = (labelled: number, all: number): number => (labelled + SEEN_BEFORE) / (all + 2 * SEEN_BEFORE);
  return { targets, noise: { low: rate(zerosLabelled, zeros), high: rate(onesLabelled, ones) } };
}
