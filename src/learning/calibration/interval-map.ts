// The interval between two quantiles, widened or narrowed by what validation rows lack of it (control path): split conformal
// prediction. Source: Y. Romano, E. Patterson, E. Candès, "Conformalized quantile regression" (NeurIPS 2019). The same as ONNX:
// calibrated-model.ts.
import { isValidRow, outputCount, sortQuantiles } from '../../tasks/outputs.ts';
import type { TaskOutput } from '../../tasks/task.ts';

/** Of a value with its quantiles: both ends of the interval move by `margin`, and the other quantiles stay on their side of them. */
export interface IntervalMap {
  readonly kind: 'interval';
  /** Indices of the ends among the quantiles. */
  readonly from: number;
  readonly to: number;
  /** What each end moves outwards; negative for an interval that was too wide. */
  readonly margin: number;
  /** Bounds of the task's values. */
  readonly low: number;
  readonly high: number;
}

/**
 * The margin by which the interval holds its share of labels that come from where these rows do: at least the share, and at most
 * 1 / (rows + 1) more if no two labels are as far off. Null for a task without an interval, for too few rows, and for rows that
 * cannot serve.
 * @param outputs of rows that the model was not fitted to, all of each row
 */
export function intervalMap(
  output: TaskOutput,
  outputs: Float32Array,
  labels: Float32Array,
): IntervalMap | null {
  const { interval, low, high } = output;
  if (interval === undefined) return null;
  const width = outputCount(output);
  const rank = Math.ceil((labels.length + 1) * interval.share);
  if (rank > labels.length) return null;
  const sorted = outputs.slice();
  sortQuantiles(output, sorted);
  const lacking = new Float64Array(labels.length);
  for (const [row, label] of labels.entries()) {
    const at = row * width;
    if (!isValidRow(output, sorted, at)) return null;
    const below = (sorted[at + 1 + interval.from] as number) - label;
    const above = label - (sorted[at + 1 + interval.to] as number);
    lacking[row] = Math.max(below, above);
  }
  const margin = lacking.sort()[rank - 1] as number;
  return { kind: 'interval', from: interval.from, to: interval.to, margin, low, high };
}

/** @param outputs all of each row, `width` of them */
export function widened(map: IntervalMap, outputs: Float32Array, width: number): Float32Array {
  const all = outputs.slice();
  for (let at = 0; at < all.length; at += width) {
    const quantiles = all.subarray(at + 1, at + width).sort();
    const [from, to] = [quantiles[map.from] as number, quantiles[map.to] as number];
    // An interval that is narrower than nothing is the middle.
    const middle = Math.fround(Math.fround(from + to) * 0.5);
    const margin = Math.fround(map.margin);
    const lower = Math.min(Math.fround(from - margin), middle);
    const upper = Math.max(Math.fround(to + margin), middle);
    for (const [k, quantile] of quantiles.entries()) {
      if (k <= map.from) quantiles[k] = k === map.from ? lower : Math.min(quantile, lower);
      else if (k >= map.to) quantiles[k] = k === map.to ? upper : Math.max(quantile, upper);
      else quantiles[k] = Math.max(lower, Math.min(quantile, upper));
    }
    for (let i = at; i < at + width; i += 1) all[i] = Math.min(map.high, Math.max(map.low, all[i] as number));
  }
  return all;
}
