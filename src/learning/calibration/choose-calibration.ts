// Whether validation rows show that scores are off, and which map puts them right (control path).
import { lossGain, partOf } from '../loss-gain.ts';
import { mapped, SCORE_MAX, SCORE_MIN, type CalibrationMap } from './calibration.ts';
import { fitIsotonic } from './fit-isotonic.ts';
import { fitPlatt } from './fit-platt.ts';
import { fitTemperature } from './fit-temperature.ts';

/** Rows of each class of a binary task below which nothing is fitted. */
const CLASS_ROWS_MIN = 20;
/** Rows of several classes below which nothing is fitted. */
const ROWS_MIN = 100;
/** Parts of the rows, in time: a map is judged on each, fitted to the others. */
const PARTS = 10;
/** Standard errors, over the parts, by which a map must be better than the scores as they are, or than a simpler map. */
const ERRORS = 2;

type Fitter = (scores: Float32Array, labels: Float32Array) => CalibrationMap;

/**
 * The map whose cross-validated loss is surely lower than that of the scores as they are; null if none is. A less constrained map
 * must be surely better than a simpler one.
 * @param scores of validation rows, in time; all outputs of a row
 * @param outputs 1 for a probability, else classes
 */
export function chooseCalibration(
  scores: Float32Array,
  labels: Float32Array,
  outputs: number,
): CalibrationMap | null {
  if (!isEnough(labels, outputs)) return null;
  const fitters: Fitter[] =
    outputs === 1 ? [fitPlatt, fitIsotonic] : [(some, own) => fitTemperature(some, own, outputs)];
  let losses = rowLosses(scores, labels, outputs);
  let best: Fitter | null = null;
  for (const fitter of fitters) {
    const own = leftOutLosses(scores, labels, outputs, fitter);
    if (!isSurelyLower(own, losses)) continue;
    losses = own;
    best = fitter;
  }
  const map = best?.(scores, labels) ?? null;
  // One that turns the order of scores round says that they are of no use, which the gate finds out.
  return map?.kind === 'platt' && map.slope <= 0 ? null : map;
}

function isEnough(labels: Float32Array, outputs: number): boolean {
  if (outputs > 1) return labels.length >= ROWS_MIN;
  const positives = labels.reduce((sum, label) => sum + label, 0);
  return Math.min(positives, labels.length - positives) >= CLASS_ROWS_MIN;
}

/** Log loss of each row. */
function rowLosses(scores: Float32Array, labels: Float32Array, outputs: number): Float64Array {
  return Float64Array.from(labels, (label, row) => {
    const score = scores[outputs === 1 ? row : row * outputs + label] as number;
    const probability = outputs > 1 || label > 0 ? score : 1 - score;
    return -Math.log(Math.min(SCORE_MAX, Math.max(SCORE_MIN, probability)));
  });
}

/** Each part's losses by a map that was fitted to the other parts. */
function leftOutLosses(
  scores: Float32Array,
  labels: Float32Array,
  outputs: number,
  fitter: Fitter,
): Float64Array {
  const losses = new Float64Array(labels.length);
  for (let part = 0; part < PARTS; part += 1) {
    const [from, to] = partOf(part, PARTS, labels.length);
    const map = fitter(without(scores, from * outputs, to * outputs), without(labels, from, to));
    const left = mapped(map, scores.subarray(from * outputs, to * outputs), outputs);
    losses.set(rowLosses(left, labels.subarray(from, to), outputs), from);
  }
  return losses;
}

function without(values: Float32Array, from: number, to: number): Float32Array {
  const rest = new Float32Array(values.length - (to - from));
  rest.set(values.subarray(0, from));
  rest.set(values.subarray(to), from);
  return rest;
}

function isSurelyLower(own: Float64Array, other: Float64Array): boolean {
  const { gain, squares } = lossGain(other, own, PARTS);
  return gain > (ERRORS * Math.sqrt(squares / (PARTS - 1))) / Math.sqrt(PARTS);
}
