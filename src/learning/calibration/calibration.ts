// Maps of scores to probabilities, or an interval, that come true (control path): what they are, and what they do to scores. The same maps as
// ONNX: calibrated-model.ts.

import { widened, type IntervalMap } from './interval-map.ts';

/** Of one probability: sigmoid(slope * logit + intercept). */
export interface PlattMap {
  readonly kind: 'platt';
  readonly slope: number;
  readonly intercept: number;
}

/** Of one probability: linear between knots, constant outside. Both ascend, `scores` strictly. */
export interface IsotonicMap {
  readonly kind: 'isotonic';
  readonly scores: Float32Array;
  readonly probabilities: Float32Array;
}

/** Of the probabilities of classes: softmax(log probability / temperature). */
export interface TemperatureMap {
  readonly kind: 'temperature';
  readonly temperature: number;
}

/** Of the probabilities of classes: each times a factor of its class, then divided by their sum. */
export interface PriorMap {
  readonly kind: 'prior';
  /** Logarithms of the factors, by class. */
  readonly logFactors: Float64Array;
}

export type CalibrationMap = PlattMap | IsotonicMap | TemperatureMap | PriorMap | IntervalMap;

/**
 * `auto`: probabilities are mapped to those that came true on the validation rows, if these show that it is of use. `off`: what a
 * trainer returns serves.
 */
export type CalibrationMode = 'auto' | 'off';

/** Scores closer to 0 or 1 count as this far from it: they have no logarithm. Float32 has it. */
export const SCORE_MIN: number = Math.fround(1e-7);
export const SCORE_MAX: number = Math.fround(1 - 1e-7);

/** Log odds. */
export function logitOf(score: number): number {
  const bounded = Math.min(SCORE_MAX, Math.max(SCORE_MIN, score));
  return Math.log(bounded / (1 - bounded));
}

/** Logarithm of the probability of a class. */
export function logOf(score: number): number {
  return Math.log(Math.min(1, Math.max(SCORE_MIN, score)));
}

/** @param outputs of a row @returns calibrated scores, as many */
export function mapped(map: CalibrationMap, scores: Float32Array, outputs: number): Float32Array {
  switch (map.kind) {
    case 'platt':
      return scores.map((score) => 1 / (1 + Math.exp(-(map.slope * logitOf(score) + map.intercept))));
    case 'isotonic':
      return scores.map((score) => interpolated(map, score));
    case 'temperature':
      return softened(scores, outputs, 1 / map.temperature, null);
    case 'prior':
      return softened(scores, outputs, 1, map.logFactors);
    case 'interval':
      return widened(map, scores, outputs);
  }
}

function interpolated({ scores, probabilities }: IsotonicMap, score: number): number {
  let low = 0;
  let high = scores.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((scores[middle] as number) <= score) low = middle + 1;
    else high = middle;
  }
  // `low` knots are at or below the score.
  if (low === 0) return probabilities[0] as number;
  const [x, y] = [scores[low - 1] as number, probabilities[low - 1] as number];
  if (low === scores.length) return y;
  return y + (((probabilities[low] as number) - y) * (score - x)) / ((scores[low] as number) - x);
}

/** softmax(power * log probability + offset of the class). */
function softened(
  scores: Float32Array,
  outputs: number,
  power: number,
  offsets: Float64Array | null,
): Float32Array {
  const all = new Float32Array(scores.length);
  const logits = new Float64Array(outputs);
  for (let at = 0; at < scores.length; at += outputs) {
    let most = -Infinity;
    for (let k = 0; k < outputs; k += 1) {
      logits[k] = power * logOf(scores[at + k] as number) + (offsets?.[k] ?? 0);
      most = Math.max(most, logits[k] as number);
    }
    let sum = 0;
    for (let k = 0; k < outputs; k += 1) sum += Math.exp((logits[k] as number) - most);
    for (let k = 0; k < outputs; k += 1) all[at + k] = Math.exp((logits[k] as number) - most) / sum;
  }
  return all;
}

/** For the verdict: `by Platt's map (slope 0.81, intercept -0.12)`. */
export function mapText(map: CalibrationMap): string {
  const number = (value: number): string => String(Number(value.toPrecision(3)));
  if (map.kind === 'platt')
    return `by Platt's map (slope ${number(map.slope)}, intercept ${number(map.intercept)})`;
  if (map.kind === 'isotonic') return `by an isotonic map of ${map.scores.length} knots`;
  if (map.kind === 'temperature') return `by a temperature of ${number(map.temperature)}`;
  if (map.kind === 'interval')
    return `by an interval ${number(Math.abs(map.margin))} ${map.margin < 0 ? 'narrower' : 'wider'} on both sides`;
  return 'by factors of the classes';
}
