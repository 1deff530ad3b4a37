// Count, mean and the sums of the second to fourth powers of deviations: the accumulator that `skewness` and `kurtosis`
// share. Pébay: Formulas for robust, one-pass parallel computation of covariances and arbitrary-order statistical moments
// (2008), equations 2.1 and 3.1.
import type { Accumulator } from '../aggregate.ts';

const WIDTH = 5;

/** Merges a part of `countB` values with the given mean and sums of powers into the state at `at`. */
function mergePart(
  slab: Float64Array,
  at: number,
  countB: number,
  meanB: number,
  m2B: number,
  m3B: number,
  m4B: number,
): void {
  const countA = slab[at] as number;
  const meanA = slab[at + 1] as number;
  const m2A = slab[at + 2] as number;
  const m3A = slab[at + 3] as number;
  const count = countA + countB;
  const delta = meanB - meanA;
  const step = delta / count;
  const product = countA * countB;
  slab[at] = count;
  slab[at + 1] = meanA + step * countB;
  slab[at + 2] = m2A + m2B + delta * step * product;
  slab[at + 3] =
    m3A + m3B + delta * step * step * product * (countA - countB) + 3 * step * (countA * m2B - countB * m2A);
  slab[at + 4] =
    (slab[at + 4] as number) +
    m4B +
    delta * step * step * step * product * (countA * countA - product + countB * countB) +
    6 * step * step * (countA * countA * m2B + countB * countB * m2A) +
    4 * step * (countA * m3B - countB * m3A);
}

export const shape: Accumulator = {
  width: WIDTH,
  add: (slab, at, value) => {
    if (slab[at] === 0) {
      slab[at] = 1;
      slab[at + 1] = value;
    } else mergePart(slab, at, 1, value, 0, 0, 0);
  },
  merge: (to, a, from, b) => {
    if (from[b] === 0) return;
    if (to[a] === 0) {
      for (let i = 0; i < WIDTH; i++) to[a + i] = from[b + i] as number;
      return;
    }
    mergePart(
      to,
      a,
      from[b] as number,
      from[b + 1] as number,
      from[b + 2] as number,
      from[b + 3] as number,
      from[b + 4] as number,
    );
  },
};
