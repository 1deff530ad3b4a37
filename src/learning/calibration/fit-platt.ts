// Platt's map (control path). Sources: J. Platt, "Probabilistic outputs for support vector machines" (1999), with the targets
// that keep it finite; the method of Newton with a line search is that of H.-T. Lin, C.-J. Lin, R. C. Weng, "A note on Platt's
// probabilistic outputs for support vector machines" (Machine Learning 68, 2007).
import { logitOf, type PlattMap } from './calibration.ts';

const ITERATIONS_MAX = 100;
/** Of the gradient of the mean loss. */
const TOLERANCE = 1e-10;
/** Added to the curvature, in rows: all scores may be the same. */
const RIDGE = 1e-12;
const DECREASE = 1e-4;
const STEP_MIN = 1e-16;

/** Labels are 0 or 1. */
export function fitPlatt(scores: Float32Array, labels: Float32Array): PlattMap {
  const all = Float64Array.from(scores, logitOf);
  const mean = all.reduce((sum, logit) => sum + logit, 0) / all.length;
  // About their mean: scores that differ little would leave slope and intercept hard to tell apart.
  const logits = all.map((logit) => logit - mean);
  const positives = labels.reduce((sum, label) => sum + label, 0);
  const high = (positives + 1) / (positives + 2);
  const low = 1 / (labels.length - positives + 2);
  const targets = Float64Array.from(labels, (label) => (label > 0 ? high : low));
  // The best constant: from there no step leads to where the loss is flat.
  const share = targets.reduce((sum, target) => sum + target, 0) / targets.length;
  let [slope, intercept] = [0, Math.log(share / (1 - share))];
  let loss = lossAt(logits, targets, slope, intercept);
  for (let iteration = 0; iteration < ITERATIONS_MAX; iteration += 1) {
    const [bySlope, byIntercept, ss, si, ii] = derivatives(logits, targets, slope, intercept);
    if (Math.max(Math.abs(bySlope), Math.abs(byIntercept)) < TOLERANCE) break;
    const determinant = ss * ii - si * si;
    const slopeStep = -(ii * bySlope - si * byIntercept) / determinant;
    const interceptStep = -(ss * byIntercept - si * bySlope) / determinant;
    const fall = bySlope * slopeStep + byIntercept * interceptStep;
    let length = 1;
    let next = lossAt(logits, targets, slope + slopeStep, intercept + interceptStep);
    while (!(next <= loss + DECREASE * length * fall) && length > STEP_MIN) {
      length /= 2;
      next = lossAt(logits, targets, slope + length * slopeStep, intercept + length * interceptStep);
    }
    if (!(next < loss)) break;
    slope += length * slopeStep;
    intercept += length * interceptStep;
    loss = next;
  }
  return { kind: 'platt', slope, intercept: intercept - slope * mean };
}

/** Mean cross-entropy. */
function lossAt(logits: Float64Array, targets: Float64Array, slope: number, intercept: number): number {
  let sum = 0;
  for (let row = 0; row < logits.length; row += 1) {
    const z = slope * (logits[row] as number) + intercept;
    sum += Math.max(0, z) - z * (targets[row] as number) + Math.log1p(Math.exp(-Math.abs(z)));
  }
  return sum / logits.length;
}

/** Of the mean: by the slope, by the intercept, then second derivatives. */
function derivatives(
  logits: Float64Array,
  targets: Float64Array,
  slope: number,
  intercept: number,
): [number, number, number, number, number] {
  const sums: [number, number, number, number, number] = [0, 0, RIDGE, 0, RIDGE];
  for (let row = 0; row < logits.length; row += 1) {
    const logit = logits[row] as number;
    const probability = 1 / (1 + Math.exp(-(slope * logit + intercept)));
    const error = probability - (targets[row] as number);
    const curvature = probability * (1 - probability);
    sums[0] += error * logit;
    sums[1] += error;
    sums[2] += curvature * logit * logit;
    sums[3] += curvature * logit;
    sums[4] += curvature;
  }
  const share = 1 / logits.length;
  return [sums[0] * share, sums[1] * share, sums[2] * share, sums[3] * share, sums[4] * share];
}
