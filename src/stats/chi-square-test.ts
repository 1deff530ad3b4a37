// Chi-square test of homogeneity (control path): do two samples share one distribution over bins?
import { defined } from '../core/definition.ts';
import { checkedOptions, number, type OptionChecks } from '../core/option-checks.ts';
import { invariant } from '../core/errors.ts';
import { chiSquareTail } from './chi-square.ts';
import type { DriftStatistic } from './drift-statistic.ts';

/** Expected rows of a cell from which on the chi-square approximation is good. */
const EXPECTED_MIN = 5;

export interface ChiSquareResult {
  /** The statistic: the sum over cells of (observed - expected)^2 / expected. */
  readonly statistic: number;
  readonly degrees: number;
  readonly pValue: number;
  /** Effect size, 0 to 1: sqrt(statistic / rows). */
  readonly cramersV: number;
}

/**
 * The chi-square test of homogeneity of two samples of counts over the same bins, without continuity correction: equal to
 * scipy.stats.chi2_contingency(correction=False) if every expected count is at least 5. Bins with less are pooled into
 * one, and that with the smallest other bin if it is still too small.
 *
 * Sources: K. Pearson (Phil. Mag. 50, 1900); W. G. Cochran, "Some methods for strengthening the common chi-square tests"
 * (Biometrics 10, 1954) for pooling; H. Cramer, "Mathematical methods of statistics" (1946) for the effect size.
 *
 * @example
 * ```ts
 * chiSquareTest([30, 70], [50, 50]).pValue.toFixed(6) // => '0.003892'
 * ```
 */
export function chiSquareTest(a: ArrayLike<number>, b: ArrayLike<number>): ChiSquareResult {
  invariant(a.length === b.length, 'both samples have the same bins');
  const totalA = total(a);
  const totalB = total(b);
  const rows = totalA + totalB;
  const cells = pooled(a, b, EXPECTED_MIN / (Math.min(totalA, totalB) / rows));
  let statistic = 0;
  for (const [x, y] of cells) {
    const expectedA = ((x + y) * totalA) / rows;
    const expectedB = ((x + y) * totalB) / rows;
    statistic += (x - expectedA) ** 2 / expectedA + (y - expectedB) ** 2 / expectedB;
  }
  const degrees = Math.max(0, cells.length - 1);
  return {
    statistic,
    degrees,
    pValue: degrees === 0 ? 1 : chiSquareTail(statistic, degrees),
    cramersV: Math.sqrt(statistic / rows),
  };
}

type Cell = readonly [a: number, b: number];

/** The bins that hold anything, those with fewer rows than `rowsMin` in both samples together as one. */
function pooled(a: ArrayLike<number>, b: ArrayLike<number>, rowsMin: number): Cell[] {
  const cells = Array.from(a, (count, i): Cell => [count, b[i] as number]);
  const kept = cells.filter(([x, y]) => x + y >= rowsMin).sort((p, q) => q[0] + q[1] - p[0] - p[1]);
  const small = cells.filter(([x, y]) => x + y > 0 && x + y < rowsMin);
  if (small.length === 0) return kept;
  let pool = sum(small);
  const smallest = kept.at(-1);
  if (pool[0] + pool[1] < rowsMin && smallest !== undefined) {
    kept.pop();
    pool = sum([pool, smallest]);
  }
  return [...kept, pool];
}

function sum(cells: readonly Cell[]): Cell {
  return [cells.reduce((all, [x]) => all + x, 0), cells.reduce((all, [, y]) => all + y, 0)];
}

function total(values: ArrayLike<number>): number {
  let all = 0;
  for (let i = 0; i < values.length; i += 1) all += values[i] as number;
  return all;
}

export interface ChiSquareOptions {
  /** Cramer's V up to this is no drift that matters, however sure; 0.1, a small effect, by default. */
  readonly floor?: number;
}

const OPTIONS: OptionChecks<ChiSquareOptions> = { floor: number(0, 1) };

/**
 * The chi-square test over the training set's deciles, or over its categories. The value is Cramer's V, and the p-value
 * that of the test.
 *
 * Null: chi-square with one degree of freedom less than bins; bins with fewer than five expected rows are pooled.
 */
export function chiSquare(given: ChiSquareOptions = {}): DriftStatistic {
  const { options, problems } = checkedOptions(given, OPTIONS);
  const { floor = 0.1 } = options;
  const statistic: DriftStatistic = {
    name: 'chi_square',
    kinds: ['numeric', 'categorical'],
    fit({ shares, rowCount }) {
      const reference = Float64Array.from(shares, (share) => Math.round(share * rowCount));
      return ({ counts }) => {
        const { cramersV, pValue } = chiSquareTest(reference, counts);
        return { value: cramersV, threshold: floor, pValue };
      };
    },
  };
  return defined(statistic, { given: Object(given) as object, options: OPTIONS, problems });
}
