// Two-sample Kolmogorov-Smirnov test (control path; the statistic is one merge of two sorted samples).
import { invariant } from '../core/errors.ts';
import { KS_EXACT_CELLS_MAX } from '../core/loop-limits.ts';
import type { DriftStatistic } from './drift-statistic.ts';
import { kolmogorovTail } from './kolmogorov.ts';

/**
 * The greatest distance between the empirical distribution functions of two ascending samples without NaN; ties,
 * within and across the samples, are exact. NaN where one is empty. scipy.stats.ks_2samp's statistic.
 *
 * @example
 * ```ts
 * ksStatistic(Float64Array.of(1, 2, 3, 4), Float64Array.of(3, 4, 5, 6)) // => 0.5
 * ```
 */
export function ksStatistic(a: Float32Array | Float64Array, b: Float32Array | Float64Array): number {
  const na = a.length;
  const nb = b.length;
  if (na === 0 || nb === 0) return NaN;
  invariant(
    (a[na - 1] as number) >= (a[0] as number) && (b[nb - 1] as number) >= (b[0] as number),
    'the samples of a KS test are ascending, without NaN',
  );
  let i = 0;
  let j = 0;
  let distance = 0;
  while (i < na && j < nb) {
    const x = a[i] as number;
    const y = b[j] as number;
    const at = x < y ? x : y;
    while (i < na && a[i] === at) i += 1;
    while (j < nb && b[j] === at) j += 1;
    const here = Math.abs(i / na - j / nb);
    if (here > distance) distance = here;
  }
  return distance; // past the end of one sample the distance only shrinks
}

/**
 * P(D >= d) where both samples, of sizes na and nb, come from one continuous distribution. With ties it is
 * conservative. Equal to ks_2samp(method='asymp'): the one-sample tail at n = round(na nb / (na + nb)), half to even.
 */
export function ksPValue(d: number, na: number, nb: number): number {
  return kolmogorovTail(roundHalfEven((na * nb) / (na + nb)), d);
}

/**
 * The same p-value exactly, for na * nb up to KS_EXACT_CELLS_MAX. Equal to ks_2samp(method='exact').
 *
 * Source: J. L. Hodges, "The significance probability of the Smirnov two-sample test" (Arkiv for Matematik 3, 1958):
 * every interleaving of the samples is one lattice path; this is the share of paths that reach distance d.
 *
 * @example
 * ```ts
 * ksPValueExact(0.5, 4, 4).toFixed(6) // => '0.771429'
 * ```
 */
export function ksPValueExact(d: number, na: number, nb: number): number {
  invariant(
    na * nb <= KS_EXACT_CELLS_MAX,
    'an exact Kolmogorov-Smirnov p-value is asked for small samples only',
  );
  // Distances are multiples of 1 / (na nb) here, so compare integers.
  const reach = Math.round(d * na * nb);
  if (reach <= 0) return 1;
  const share = new Float64Array(nb + 1);
  for (let i = 0; i <= na; i += 1) {
    for (let j = 0; j <= nb; j += 1) {
      const outside = Math.abs(i * nb - j * na) >= reach;
      const fromLeft = j === 0 ? 0 : j * (share[j - 1] as number);
      share[j] = outside ? 1 : i + j === 0 ? 0 : (i * (share[j] as number) + fromLeft) / (i + j);
    }
  }
  return share[nb] as number;
}

function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  const over = x - below;
  if (over !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

/**
 * The two-sample Kolmogorov-Smirnov test of numeric columns, a missing value ranking below all others: a shift of their
 * share is drift. The value is the distance of the distribution functions; the p-value alone decides.
 *
 * Source: N. Smirnov, "Table for estimating the goodness of fit of empirical distributions" (Ann. Math. Stat. 19, 1948).
 *
 * Null: the asymptotic distribution (as scipy.stats.ks_2samp has it), for the window and the at most 2,000 rows of the
 * training set that the model keeps.
 */
export function ks(): DriftStatistic {
  return {
    name: 'ks',
    kinds: ['numeric'],
    fit(reference) {
      const sample = Float32Array.from(reference.sample);
      return ({ sorted }) => {
        const value = ksStatistic(sample, sorted);
        return { value, threshold: null, pValue: ksPValue(value, sample.length, sorted.length) };
      };
    },
  };
}
