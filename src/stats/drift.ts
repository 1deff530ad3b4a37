// The drift report of one window (control path; 60 features x 5,000 rows take some 20 ms).
import { invariant } from '../core/errors.ts';
import type { DriftReference } from '../core/reports.ts';
import { adjustPValues } from './benjamini-hochberg.ts';
import { gatherColumn, openEndsOf, sortForKs } from './drift-reference.ts';
import type { ColumnReference } from './drift-reference.ts';
import { jensenShannonDistance } from './js.ts';
import { ksPValue, ksStatistic } from './ks.ts';
import { psiCount } from './psi-bins.ts';
import { psiBinsInUse, psiNullQuantile, psiPValue } from './psi-null.ts';
import type { PsiNull } from './psi-null.ts';
import { psi } from './psi.ts';

export interface DriftOptions {
  /** Rows below which nothing is said; 200. */
  readonly rowsMin?: number;
  /** PSI below this is no drift that matters, however sure; 0.2. */
  readonly psiFloor?: number;
  /** Chance that PSI alone exceeds its null quantile; 0.01. */
  readonly psiAlpha?: number;
  /** False discovery rate over the features; 0.05. */
  readonly q?: number;
}

/** The figures are null where the verdict is 'insufficient'. */
export interface ColumnDrift {
  readonly feature: string;
  /** Rows of the window, missing values included. */
  readonly n: number;
  readonly psi: number | null;
  /** The larger of psiFloor and the null quantile for these n. */
  readonly psiThreshold: number | null;
  /** Jensen-Shannon distance, base 2, over the PSI bins: at most 1, for charts. */
  readonly js: number | null;
  /** Two-sample KS statistic, a missing value ranking below all others; null for a categorical feature. */
  readonly ks: number | null;
  /** Of KS for a numeric feature, of PSI for a categorical one. */
  readonly pValue: number | null;
  readonly pAdjusted: number | null;
  readonly drifted: boolean;
  readonly verdict: 'stable' | 'drifted' | 'insufficient';
}

export interface DriftReport {
  readonly rowCount: number;
  readonly features: readonly ColumnDrift[];
  /** Of the model's score, named `score`: a family of its own. Null where the window came without scores. */
  readonly score: ColumnDrift | null;
  /** Features that drifted. */
  readonly driftedCount: number;
}

/**
 * Compares a window with the reference, column by column. A column has drifted where both hold: its PSI exceeds the
 * larger of psiFloor and the null quantile (the shift is large), and its p-value, Benjamini-Hochberg adjusted over the
 * features, is at most q (the shift is real). A window of fewer than rowsMin rows is 'insufficient'.
 *
 * @param matrix row-major, rowCount x reference.features.length, the columns in the reference's order.
 * @param scores the model's score of each row, or null.
 *
 * @example
 * ```ts
 * const rows = Float32Array.from({ length: 1000 }, (_, i) => i);
 * const reference = makeDriftReference(rows, 1000, ['distance'], ['numeric'], rows.map((v) => v / 1000), 1);
 * const report = driftReport(reference, rows.map((v) => v + 400), 1000, null);
 * [report.features[0].verdict, report.features[0].ks.toFixed(6)] // => ['drifted', '0.400000']
 * ```
 */
export function driftReport(
  reference: DriftReference,
  matrix: Float32Array,
  rowCount: number,
  scores: Float32Array | null,
  options: DriftOptions = {},
): DriftReport {
  const { rowsMin = 200, psiFloor = 0.2, psiAlpha = 0.01, q = 0.05 } = options;
  const width = reference.features.length;
  invariant(matrix.length >= rowCount * width, "a drift window has the reference's columns");
  invariant(scores === null || scores.length >= rowCount, 'each row of a drift window has a score');
  const nullQuantile = nullQuantiles(psiAlpha);
  const measure = (column: ColumnReference, values: Float32Array): Measured | null =>
    rowCount < rowsMin ? null : measured(column, reference.rowCount, values, psiFloor, nullQuantile);
  const values = new Float32Array(rowCount);
  const figures = reference.features.map((column, i) => {
    gatherColumn(matrix, values, width, i);
    return measure(column, values);
  });
  const adjusted = adjustPValues(figures.map((m) => m?.pValue ?? NaN));
  const features = reference.features.map((column, i) =>
    judged(column.name, rowCount, figures[i] ?? null, adjusted[i] as number, q),
  );
  let score: ColumnDrift | null = null;
  if (scores !== null) {
    const column: ColumnReference = { name: 'score', kind: 'numeric', ...reference.score };
    const m = measure(column, scores.slice(0, rowCount));
    score = judged(column.name, rowCount, m, m?.pValue ?? NaN, q);
  }
  return { rowCount, features, score, driftedCount: features.filter((f) => f.drifted).length };
}

interface Measured {
  readonly psi: number;
  readonly psiThreshold: number;
  readonly js: number;
  readonly ks: number | null;
  readonly pValue: number;
}

/** Sorts `values` on the way. */
function measured(
  column: ColumnReference,
  referenceCount: number,
  values: Float32Array,
  psiFloor: number,
  nullQuantile: (setting: PsiNull) => number,
): Measured {
  const counts = new Float64Array(column.shares.length);
  psiCount(column, values, counts);
  const index = psi(column, counts);
  const setting = {
    referenceCount,
    currentCount: values.length,
    binsInUse: psiBinsInUse(column),
    openEnds: openEndsOf(column),
  };
  const figures = {
    psi: index,
    psiThreshold: Math.max(psiFloor, nullQuantile(setting)),
    js: jensenShannonDistance(column.shares, counts),
  };
  if (column.kind === 'categorical') return { ...figures, ks: null, pValue: psiPValue(index, setting) };
  sortForKs(values);
  const ks = ksStatistic(Float32Array.from(column.sample), values);
  return { ...figures, ks, pValue: ksPValue(ks, column.sample.length, values.length) };
}

/** Most columns of a report share their setting: each quantile is found once. */
function nullQuantiles(alpha: number): (setting: PsiNull) => number {
  const known = new Map<number, number>();
  return (setting) => {
    const key = setting.binsInUse * 3 + setting.openEnds;
    const quantile = known.get(key) ?? psiNullQuantile(alpha, setting);
    known.set(key, quantile);
    return quantile;
  };
}

function judged(feature: string, n: number, m: Measured | null, pAdjusted: number, q: number): ColumnDrift {
  if (m === null) {
    const none = { psi: null, psiThreshold: null, js: null, ks: null, pValue: null, pAdjusted: null };
    return { feature, n, ...none, drifted: false, verdict: 'insufficient' };
  }
  const drifted = m.psi > m.psiThreshold && pAdjusted <= q;
  return { feature, n, ...m, pAdjusted, drifted, verdict: drifted ? 'drifted' : 'stable' };
}
