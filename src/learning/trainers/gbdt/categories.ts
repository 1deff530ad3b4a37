// Categories as numbers (control path). The trees of ONNX split by order alone, so a category becomes the mean target of its
// rows: the best split of categories in two, by squared error and by log loss, is one of this order (Fisher, 1958).
import { VOCABULARIES_MAX, VOCABULARY_MAX } from '../../../core/loop-limits.ts';
import { MISSING_CODE } from '../../category-code.ts';
import type { TrainingRows } from '../../trainer.ts';

export interface CategoryColumn {
  /** Column in the raw feature row. */
  readonly column: number;
  /** Its number by code; rare and unknown categories have none, they are missing. */
  readonly values: ReadonlyMap<number, number>;
}

interface Totals {
  rows: number;
  weight: number;
  target: number;
}

/**
 * The smoothed mean target of each category that has `countMin` rows: (sum of w t + smoothing * mean) / (sum of w + smoothing),
 * with weights that are 1 in the mean (Micci-Barreca, 2001).
 * @param target of a row; a row that has none counts for nothing
 */
export function categoryColumn(
  rows: TrainingRows,
  trainCount: number,
  column: number,
  target: (row: number) => number,
  { countMin, smoothing, size }: { countMin: number; smoothing: number; size: number },
): CategoryColumn {
  const { features, width, weights } = rows;
  const categories = new Map<number, Totals>();
  const all: Totals = { rows: 0, weight: 0, target: 0 };
  for (let row = 0; row < trainCount; row += 1) {
    const code = categoryCodeOf(features[row * width + column] as number);
    let own = categories.get(code);
    if (own === undefined) categories.set(code, (own = { rows: 0, weight: 0, target: 0 }));
    const weight = weights[row] as number;
    for (const totals of [own, all]) {
      totals.rows += 1;
      totals.weight += weight;
      totals.target += weight * target(row);
    }
  }
  const prior = (smoothing * all.weight) / Math.max(1, all.rows);
  const mean = all.weight > 0 ? all.target / all.weight : 0;
  const frequent = [...categories]
    .filter(([code, own]) => own.rows >= countMin && Math.abs(code) !== Number.POSITIVE_INFINITY)
    .sort(([codeA, a], [codeB, b]) => b.rows - a.rows || codeA - codeB)
    .slice(0, size);
  const values = frequent.map(([code, own]): [number, number] => [
    code,
    Math.fround((own.target + prior * mean) / Math.max(Number.MIN_VALUE, own.weight + prior)),
  ]);
  return { column, values: new Map(values) };
}

/** Categories of each of so many features. */
export function categoriesMax(featureCount: number): number {
  return Math.min(VOCABULARY_MAX, Math.floor(VOCABULARIES_MAX / Math.max(1, featureCount)));
}

/** A row's number of a category; NaN where it has none. */
export function categoryValue({ values }: CategoryColumn, raw: number): number {
  return values.get(categoryCodeOf(raw)) ?? Number.NaN;
}

function categoryCodeOf(raw: number): number {
  return Number.isNaN(raw) ? MISSING_CODE : raw;
}
