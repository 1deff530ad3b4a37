// Training rows as bins (control path): fits the bins of every feature to the training rows, and bins all rows.
import { MillraceError } from '../../../core/errors.ts';
import type { FeatureSpec } from '../../../core/feature-spec.ts';
import type { TrainingRows } from '../../trainer.ts';
import { BinnedRows, type BinnedFeature } from './binned-rows.ts';
import { categoriesMax, categoryColumn, categoryValue, type CategoryColumn } from './categories.ts';
import { binEdges, EDGE_ROWS_MAX } from './edges.ts';
import type { GbdtParams } from './params.ts';

export interface Binning {
  readonly binned: BinnedRows;
  /** Columns that the trees read behind the raw ones, in this order. */
  readonly categories: readonly CategoryColumn[];
}

/** Values of a column, with a step from row to row. */
interface Values {
  readonly data: Float32Array;
  readonly at: number;
  readonly stride: number;
}

/** @param targets of a row, each of which orders the categories once */
export function binRows(
  rows: TrainingRows,
  trainCount: number,
  features: readonly FeatureSpec[],
  params: GbdtParams,
  targets: ReadonlyArray<(row: number) => number>,
): Binning {
  requireMonotone(params, features);
  const categories = features.flatMap(({ kind }, column) =>
    kind === 'categorical'
      ? targets.map((target) => fitCategories(rows, trainCount, column, features, params, target))
      : [],
  );
  const numeric = features.flatMap(({ kind, name }, column) =>
    kind === 'numeric' ? [{ column, monotone: wayOf(params, name) }] : [],
  );
  const columns = [
    ...numeric.map(({ column, monotone }) => ({
      column,
      monotone,
      values: (): Values => ({ data: rows.features, at: column, stride: rows.width }),
    })),
    ...categories.map((category, i) => ({
      column: rows.width + i,
      monotone: 0 as const,
      values: (): Values => ({ data: categoryValues(rows, category), at: 0, stride: 1 }),
    })),
  ];
  const fitted = columns.flatMap(({ column, monotone, values }) => {
    const feature = fitFeature(values(), trainCount, column, monotone, params.binsMax);
    // One bin alone splits nothing.
    return feature.edges.length === 0 && !feature.hasMissing ? [] : [{ feature, values }];
  });
  const binned = new BinnedRows(
    fitted.map(({ feature }) => feature),
    rows.rowCount,
  );
  for (const [i, { values }] of fitted.entries()) {
    const { data, at, stride } = values();
    binned.fill(i, data, at, stride);
  }
  return { binned, categories };
}

function requireMonotone({ monotone }: GbdtParams, features: readonly FeatureSpec[]): void {
  for (const name of Object.keys(monotone)) {
    const feature = features.find((each) => each.name === name);
    if (feature?.kind === 'numeric') continue;
    const what = feature === undefined ? 'is no feature' : 'is categorical, without an order';
    throw new MillraceError('TRAINING_FAILED', `monotone names '${name}', which ${what}`, {
      where: 'trainer gbdt',
      remedy: `Name numeric features of the topology: ${features
        .filter(({ kind }) => kind === 'numeric')
        .map((each) => each.name)
        .join(', ')}.`,
    });
  }
}

function wayOf({ monotone }: GbdtParams, name: string): BinnedFeature['monotone'] {
  const way = monotone[name];
  if (way === undefined) return 0;
  return way === 'rising' ? 1 : -1;
}

function fitCategories(
  rows: TrainingRows,
  trainCount: number,
  column: number,
  features: readonly FeatureSpec[],
  { categoryCountMin, categorySmoothing }: GbdtParams,
  target: (row: number) => number,
): CategoryColumn {
  // Of few rows, fewer make a category frequent.
  const countMin = Math.min(categoryCountMin, Math.max(2, Math.floor(trainCount / 50)));
  const size = categoriesMax(features.filter(({ kind }) => kind === 'categorical').length);
  return categoryColumn(rows, trainCount, column, target, { countMin, smoothing: categorySmoothing, size });
}

function categoryValues({ features, rowCount, width }: TrainingRows, category: CategoryColumn): Float32Array {
  return Float32Array.from({ length: rowCount }, (_, row) =>
    categoryValue(category, features[row * width + category.column] as number),
  );
}

function fitFeature(
  { data, at, stride }: Values,
  trainCount: number,
  column: number,
  monotone: BinnedFeature['monotone'],
  binsMax: number,
): BinnedFeature {
  const step = Math.ceil(trainCount / EDGE_ROWS_MAX);
  const sample = new Float32Array(Math.ceil(trainCount / step));
  let known = 0;
  let hasMissing = false;
  for (let row = 0; row < trainCount; row += 1) {
    const value = data[at + row * stride] as number;
    if (Number.isNaN(value)) hasMissing = true;
    else if (row % step === 0) {
      sample[known] = value;
      known += 1;
    }
  }
  return { column, edges: binEdges(sample.subarray(0, known), binsMax), hasMissing, monotone };
}
