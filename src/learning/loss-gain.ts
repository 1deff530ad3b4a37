// How much lower one loss is than another on the same rows, and how sure that is (control path): parts of the rows in time show it,
// as neighbours resemble each other.
import { meanOf } from '../stats/mean.ts';

export interface LossGain {
  /** Mean of `first` less that of `second`. */
  readonly gain: number;
  /** Sum over the parts of the squares of what their gains differ from it. */
  readonly squares: number;
}

/** Part [from, to) of so many parts of the rows. */
export function partOf(part: number, parts: number, rows: number): [from: number, to: number] {
  return [Math.floor((part * rows) / parts), Math.floor(((part + 1) * rows) / parts)];
}

/** Of the rows, in time. */
const PARTS = 10;
/** Standard errors by which a gain must be above 0 to be no luck. */
const ERRORS = 2;

/** What `second` gains on `first`, as a mean; null unless it is above 0 by two standard errors. */
export function sureGain(first: Float64Array, second: Float64Array): number | null {
  const { gain, squares } = lossGain(first, second, PARTS);
  return gain > (ERRORS * Math.sqrt(squares)) / PARTS ? gain : null;
}

export function lossGain(first: Float64Array, second: Float64Array, parts: number): LossGain {
  const gain = meanOf(first) - meanOf(second);
  let squares = 0;
  for (let part = 0; part < parts; part += 1) {
    const [from, to] = partOf(part, parts, first.length);
    squares += (meanOf(first.subarray(from, to)) - meanOf(second.subarray(from, to)) - gain) ** 2;
  }
  return { gain, squares };
}
