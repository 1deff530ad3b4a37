// Population stability index (control path): how far binned counts lie from their reference.
import { defined } from '../core/definition.ts';
import { checkedOptions, number, share, type OptionChecks } from '../core/option-checks.ts';
import { invariant } from '../core/errors.ts';
import { nullQuantiles, psiPValue, settingOf } from './binned-null.ts';
import type { DriftStatistic } from './drift-statistic.ts';
import { PSI_EPS, type PsiBins } from './psi-bins.ts';

/**
 * PSI of counts against the bins' reference: the sum over bins of (q - p) ln(q / p), with p the reference's share and
 * q the current one, each at least PSI_EPS. 0 if the shares are equal, never below; NaN without any count.
 *
 * Source: N. Siddiqi, "Credit risk scorecards" (2006): below 0.1 stable, 0.1 to 0.25 some shift, above a major one.
 *
 * @example
 * ```ts
 * const bins = psiBins(Float64Array.from({ length: 1000 }, (_, i) => i));
 * const counts = new Float64Array(bins.shares.length);
 * psiCount(bins, Float64Array.from({ length: 500 }, (_, i) => 2 * i), counts);
 * populationStabilityIndex(bins, counts) < 0.001 // => true
 * ```
 */
export function populationStabilityIndex(bins: PsiBins, counts: Float64Array): number {
  invariant(counts.length === bins.shares.length, 'there is a count for each bin');
  let total = 0;
  for (let i = 0; i < counts.length; i += 1) total += counts[i] as number;
  if (total === 0) return NaN;
  let sum = 0;
  for (let i = 0; i < counts.length; i += 1) {
    const p = Math.max(PSI_EPS, bins.shares[i] as number);
    const q = Math.max(PSI_EPS, (counts[i] as number) / total);
    sum += (q - p) * Math.log(q / p);
  }
  return sum;
}

export interface PsiOptions {
  /** PSI up to this is no drift that matters, however sure; 0.2 by default. */
  readonly floor?: number;
  /** Chance that the threshold is exceeded if nothing has drifted; 0.01 by default. */
  readonly alpha?: number;
}

const OPTIONS: OptionChecks<PsiOptions> = { floor: number(0), alpha: share };

/**
 * The population stability index over the training set's deciles, or over its categories. The threshold is the larger of
 * `floor` and the null quantile for the sizes of the two samples; the p-value is that of the null distribution.
 *
 * Together with `ks()` it has one report, `psi_ks`: PSI says how large the shift is, and on a numeric column the
 * Kolmogorov-Smirnov test says how sure.
 *
 * Null: a chi-square distribution over the bins, and a beta-binomial one for rows beyond the range of the training set: see
 * {@link psiPValue}.
 */
export function psi(given: PsiOptions = {}): DriftStatistic {
  const { options, problems } = checkedOptions(given, OPTIONS);
  const { floor = 0.2, alpha = 0.01 } = options;
  const quantile = nullQuantiles(alpha, psiPValue);
  const statistic: DriftStatistic = {
    name: 'psi',
    kinds: ['numeric', 'categorical'],
    fit(reference) {
      const setting = settingOf(reference);
      return ({ counts, values }) => {
        const value = populationStabilityIndex(reference, counts);
        const here = { ...setting, currentCount: values.length };
        return {
          value,
          threshold: Math.max(floor, quantile(here)),
          // Costs more than all the rest, and beside a KS test it is not used.
          get pValue(): number {
            return psiPValue(value, here);
          },
        };
      };
    },
  };
  return defined(statistic, { given: Object(given) as object, options: OPTIONS, problems });
}
