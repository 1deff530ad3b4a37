// The temperature of probabilities of classes (control path). Source: C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On calibration
// of modern neural networks" (ICML 2017).
import { logOf, type TemperatureMap } from './calibration.ts';

/** Of the logarithm of the inverse temperature: the bounds of scikit-learn. */
const LOG_POWER_MAX = 10;
/** Halvings that leave nothing of the interval. */
const ITERATIONS = 60;

/**
 * The temperature of the least log loss of the rows and of one row more, whose label could be each class alike: as with Platt's
 * targets, rows that are all classified rightly do not prove that others will be.
 * @param outputs classes; labels are their numbers
 */
export function fitTemperature(scores: Float32Array, labels: Float32Array, outputs: number): TemperatureMap {
  const logs = Float64Array.from(scores, logOf);
  let [low, high] = [-LOG_POWER_MAX, LOG_POWER_MAX];
  // The mean loss is convex in the inverse temperature: its slope changes its sign once.
  for (let iteration = 0; iteration < ITERATIONS; iteration += 1) {
    const middle = (low + high) / 2;
    if (slopeAt(logs, labels, outputs, Math.exp(middle)) > 0) high = middle;
    else low = middle;
  }
  return { kind: 'temperature', temperature: Math.exp(-(low + high) / 2) };
}

/** Of the summed loss by the inverse temperature: the expected logarithms less those of the targets. */
function slopeAt(logs: Float64Array, labels: Float32Array, outputs: number, power: number): number {
  const unsure = 1 / (labels.length + 1);
  let slope = 0;
  for (let row = 0; row < labels.length; row += 1) {
    const at = row * outputs;
    let most = -Infinity;
    for (let k = 0; k < outputs; k += 1) most = Math.max(most, logs[at + k] as number);
    let [sum, expected, mean] = [0, 0, 0];
    for (let k = 0; k < outputs; k += 1) {
      const log = logs[at + k] as number;
      const share = Math.exp(power * (log - most));
      sum += share;
      expected += share * log;
      mean += log / outputs;
    }
    const ofLabel = logs[at + (labels[row] as number)] as number;
    slope += expected / sum - (1 - unsure) * ofLabel - unsure * mean;
  }
  return slope;
}
