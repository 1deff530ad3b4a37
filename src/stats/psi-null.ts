// What a population stability index is by chance alone (control path): its quantiles and tail where nothing drifted.
import { chiSquareTail } from './chi-square.ts';
import type { PsiBins } from './psi-bins.ts';
import { PSI_EPS } from './psi.ts';

/** The setting of a null distribution. */
export interface PsiNull {
  /** Rows of the reference. */
  readonly referenceCount: number;
  /** Rows of the current window. */
  readonly currentCount: number;
  /** Bins that hold a part of the reference: {@link psiBinsInUse}. */
  readonly binsInUse: number;
  /**
   * Ends of the reference's range that one row alone marks, as in a continuous feature: 2 then, 0 where both ends are
   * values that rows share, and for categories. About one new row in referenceCount lies beyond each such end.
   */
  readonly openEnds: 0 | 1 | 2;
}

/** Bins that hold a part of the reference. */
export function psiBinsInUse(bins: PsiBins): number {
  return bins.shares.filter((share) => share > 0).length;
}

/**
 * P(PSI >= value) where nothing has drifted. PSI over the reference's bins is about (1/n + 1/m) chi-square with one
 * degree of freedom less than bins in use, given five expected rows a bin or so. The out-of-range bin, empty in the
 * reference, is not of that form: k of m new rows fall beyond r open ends with the beta-binomial probability of
 * shape (r, n + 1 - r), whatever the distribution, and add (k/m - eps) ln(k/m / eps). This sums over k.
 *
 * Sources: B. Yurdakul, J. Naranjo, "Statistical properties of the population stability index" (Journal of Risk Model
 * Validation 14, 2020) for the chi-square; S. S. Wilks, "Determination of sample sizes for setting tolerance limits"
 * (Ann. Math. Stat. 12, 1941) for the rows beyond. Without the latter, 20 % of samples exceed the 5 % quantile at
 * n = m = 1,000; with it the Monte Carlo in test/stats/psi.test.ts finds 5 %.
 */
export function psiPValue(value: number, setting: PsiNull): number {
  const { referenceCount: n, currentCount: m, binsInUse, openEnds } = setting;
  const scale = 1 / n + 1 / m;
  const degrees = Math.max(0, binsInUse - 1);
  const rest = n + 1 - openEnds;
  let probability = 1;
  for (let i = 0; i < openEnds; i += 1) probability *= (n - i) / (n + m - i);
  let sum = 0;
  let before = 1; // P(at least k rows beyond)
  for (let k = 0; k <= m && before > 1e-12; k += 1) {
    const share = k / m;
    const added = share > PSI_EPS ? (share - PSI_EPS) * Math.log(share / PSI_EPS) : 0;
    if (added >= value) return sum + before; // so do all larger k
    sum += probability * chiSquareTail((value - added) / scale, degrees);
    before -= probability;
    probability *= ((m - k) * (k + openEnds)) / ((k + 1) * (m - k - 1 + rest));
  }
  return sum;
}

/** Below this a PSI is nothing: a constant column's is 0 where nothing has drifted, and so is its quantile. */
const QUANTILE_MIN = 1e-9;

/**
 * The (1 - alpha) quantile of PSI where nothing has drifted: {@link psiPValue} turned around, to six digits.
 *
 * @example
 * ```ts
 * psiNullQuantile(0.05, { referenceCount: 1000, currentCount: 1000, binsInUse: 10, openEnds: 0 }).toFixed(6) // => '0.033838'
 * ```
 */
export function psiNullQuantile(alpha: number, setting: PsiNull): number {
  let low = 0;
  let high = 0.1;
  while (psiPValue(high, setting) > alpha) high *= 2;
  while (high - low > 1e-7 * high && high > QUANTILE_MIN) {
    const middle = (low + high) / 2;
    if (psiPValue(middle, setting) > alpha) low = middle;
    else high = middle;
  }
  return high;
}
