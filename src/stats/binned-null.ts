// What a distance between binned distributions is by chance alone (control path): its tail and quantiles if nothing has
// drifted.
import { chiSquareTail } from './chi-square.ts';
import { openEndsOf } from './drift-reference.ts';
import type { ReferenceColumn } from './drift-statistic.ts';
import { PSI_EPS, type PsiBins } from './psi-bins.ts';

/** The setting of a null distribution. */
export interface BinnedNull {
  /** Rows of the reference. */
  readonly referenceCount: number;
  /** Rows of the current window. */
  readonly currentCount: number;
  /** Bins that hold a part of the reference: {@link binsInUse}. */
  readonly binsInUse: number;
  /**
   * Ends of the reference's range that one row alone marks, as in a continuous feature: 2 then, 0 if both ends are
   * values that rows share, and for categories. About one new row in referenceCount lies beyond each such end.
   */
  readonly openEnds: 0 | 1 | 2;
}

/** Bins that hold a part of the reference. */
export function binsInUse(bins: PsiBins): number {
  return bins.shares.filter((share) => share > 0).length;
}

/** The setting of a column, the size of the window apart. */
export function settingOf(reference: ReferenceColumn): Omit<BinnedNull, 'currentCount'> {
  return {
    referenceCount: reference.rowCount,
    binsInUse: binsInUse(reference),
    openEnds: openEndsOf(reference),
  };
}

/**
 * P(distance >= value) if nothing has drifted. Over the reference's bins a distance that is quadratic near 0 is about
 * `scale` times chi-square with one degree of freedom less than bins in use, given five expected rows per bin or so. The
 * out-of-range bin, empty in the reference, is not of that form: k of m new rows fall beyond r open ends with the
 * beta-binomial probability of shape (r, n + 1 - r), whatever the distribution, and add `beyond(k / m)`. This sums over k.
 *
 * Source: S. S. Wilks, "Determination of sample sizes for setting tolerance limits" (Ann. Math. Stat. 12, 1941) for the
 * rows beyond.
 */
function tail(value: number, setting: BinnedNull, scale: number, beyond: (share: number) => number): number {
  const { referenceCount: n, currentCount: m, openEnds } = setting;
  const degrees = Math.max(0, setting.binsInUse - 1);
  const rest = n + 1 - openEnds;
  let probability = 1;
  for (let i = 0; i < openEnds; i += 1) probability *= (n - i) / (n + m - i);
  let sum = 0;
  let before = 1; // P(at least k rows beyond)
  for (let k = 0; k <= m && before > 1e-12; k += 1) {
    const added = beyond(k / m);
    if (added >= value) return sum + before; // so do all larger k
    sum += probability * chiSquareTail((value - added) / scale, degrees);
    before -= probability;
    probability *= ((m - k) * (k + openEnds)) / ((k + 1) * (m - k - 1 + rest));
  }
  return sum;
}

/**
 * P(PSI >= value) if nothing has drifted: PSI is about (1/n + 1/m) chi-square, and a share beyond the range adds
 * (share - eps) ln(share / eps). Without the rows beyond, 20 % of samples exceed the 5 % quantile at n = m = 1,000; with
 * them the Monte Carlo in test/stats/psi.test.ts finds 5 %.
 *
 * Source: B. Yurdakul, J. Naranjo, "Statistical properties of the population stability index" (Journal of Risk Model
 * Validation 14, 2020).
 */
export function psiPValue(value: number, setting: BinnedNull): number {
  const scale = 1 / setting.referenceCount + 1 / setting.currentCount;
  return tail(value, setting, scale, (share) =>
    share > PSI_EPS ? (share - PSI_EPS) * Math.log(share / PSI_EPS) : 0,
  );
}

/**
 * P(JSD >= value) if nothing has drifted, for the divergence in bits: near 0 it is an eighth of the chi-square distance,
 * divided by ln 2, and a share beyond the range adds half of itself.
 *
 * Source: I. Grosse et al., "Analysis of symbolic sequences using the Jensen-Shannon divergence" (Phys. Rev. E 65, 2002)
 * for the chi-square.
 */
export function jsPValue(divergence: number, setting: BinnedNull): number {
  const scale = (1 / setting.referenceCount + 1 / setting.currentCount) / (8 * Math.LN2);
  return tail(divergence, setting, scale, (share) => share / 2);
}

/** Below this a distance is nothing: a constant column's is 0 if nothing has drifted, and so is its quantile. */
const QUANTILE_MIN = 1e-9;

/**
 * The (1 - alpha) quantile of a distance if nothing has drifted: its p-value turned around, to six digits.
 *
 * @example
 * ```ts
 * const setting = { referenceCount: 1000, currentCount: 1000, binsInUse: 10, openEnds: 0 };
 * nullQuantile(0.05, psiPValue, setting).toFixed(6) // => '0.033838'
 * ```
 */
export function nullQuantile(
  alpha: number,
  pValue: (value: number, setting: BinnedNull) => number,
  setting: BinnedNull,
): number {
  let low = 0;
  let high = 0.1;
  while (pValue(high, setting) > alpha) high *= 2;
  while (high - low > 1e-7 * high && high > QUANTILE_MIN) {
    const middle = (low + high) / 2;
    if (pValue(middle, setting) > alpha) low = middle;
    else high = middle;
  }
  return high;
}

/** `nullQuantile`, found once for each setting: most columns of a window share theirs. */
export function nullQuantiles(
  alpha: number,
  pValue: (value: number, setting: BinnedNull) => number,
): (setting: BinnedNull) => number {
  let known = new Map<number, number>();
  let sizes = '';
  return (setting) => {
    const these = `${setting.referenceCount} ${setting.currentCount}`;
    if (these !== sizes) known = new Map();
    sizes = these;
    const key = setting.binsInUse * 3 + setting.openEnds;
    const quantile = known.get(key) ?? nullQuantile(alpha, pValue, setting);
    known.set(key, quantile);
    return quantile;
  };
}
