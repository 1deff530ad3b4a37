// Jensen-Shannon divergence (control path): a bounded figure of how far two binned distributions lie apart.
import { defined } from '../core/definition.ts';
import { checkedOptions, number, share, type OptionChecks } from '../core/option-checks.ts';
import { invariant } from '../core/errors.ts';
import { jsPValue, nullQuantiles, settingOf } from './binned-null.ts';
import type { DriftStatistic } from './drift-statistic.ts';

/**
 * Jensen-Shannon divergence in bits (base 2) of two binned distributions: 0 if equal, 1 if they share no bin.
 * Counts will do: each side is divided by its sum. NaN if a side sums to 0. It needs no eps.
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

export interface JsOptions {
  /** Distance up to this is no drift that matters, however sure; 0.1 by default. */
  readonly floor?: number;
  /** Chance that the threshold is exceeded if nothing has drifted; 0.01 by default. */
  readonly alpha?: number;
}

const OPTIONS: OptionChecks<JsOptions> = { floor: number(0, 1), alpha: share };

/**
 * The Jensen-Shannon distance over the training set's deciles, or over its categories: 0 to 1, which makes columns
 * comparable on a chart. The threshold is the larger of `floor` and the null quantile for the sizes of the two samples.
 *
 * Null: for its square, an eighth of a chi-square distribution over the bins, and half of the share beyond the range of the
 * training set: see {@link jsPValue}.
 */
export function js(given: JsOptions = {}): DriftStatistic {
  const { options, problems } = checkedOptions(given, OPTIONS);
  const { floor = 0.1, alpha = 0.01 } = options;
  const quantile = nullQuantiles(alpha, jsPValue);
  const statistic: DriftStatistic = {
    name: 'js',
    kinds: ['numeric', 'categorical'],
    fit(reference) {
      const setting = settingOf(reference);
      return ({ counts, values }) => {
        const divergence = jensenShannonDivergence(reference.shares, counts);
        const here = { ...setting, currentCount: values.length };
        return {
          value: Math.sqrt(divergence),
          threshold: Math.max(floor, Math.sqrt(quantile(here))),
          pValue: jsPValue(divergence, here),
        };
      };
    },
  };
  return defined(statistic, { given: Object(given) as object, options: OPTIONS, problems });
}

function total(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i] as number;
  return sum;
}
