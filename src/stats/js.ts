// Jensen-Shannon divergence (control path): a bounded figure of how far two binned distributions lie apart.
import { invariant } from '../core/errors.ts';

/**
 * Jensen-Shannon divergence in bits (base 2) of two binned distributions: 0 where equal, 1 where they share no bin.
 * Counts will do: each side is divided by its sum. NaN where a side sums to 0. No eps is needed or used.
 *
 * Source: J. Lin, "Divergence measures based on the Shannon entropy" (IEEE Trans. Inf. Theory 37, 1991).
 *
 * @example
 * ```ts
 * jensenShannonDivergence([1, 0], [0, 1]) // => 1
 * ```
 */
export function jensenShannonDivergence(p: ArrayLike<number>, q: ArrayLike<number>): number {
  invariant(p.length === q.length, 'both sides of a divergence have the same bins');
  const pTotal = total(p);
  const qTotal = total(q);
  let sum = 0;
  for (let i = 0; i < p.length; i += 1) {
    const pi = (p[i] as number) / pTotal;
    const qi = (q[i] as number) / qTotal;
    const middle = (pi + qi) / 2;
    if (pi > 0) sum += pi * Math.log2(pi / middle);
    if (qi > 0) sum += qi * Math.log2(qi / middle);
    if (Number.isNaN(middle)) return NaN;
  }
  return Math.max(0, sum / 2);
}

/** Jensen-Shannon distance, base 2: the square root, a metric in [0, 1]. scipy.spatial.distance.jensenshannon(base=2). */
export function jensenShannonDistance(p: ArrayLike<number>, q: ArrayLike<number>): number {
  return Math.sqrt(jensenShannonDivergence(p, q));
}

function total(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i] as number;
  return sum;
}
