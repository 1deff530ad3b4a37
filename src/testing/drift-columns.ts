// Columns for unit tests of a drift statistic (control path).
import { makeDriftReference } from '../stats/drift-reference.ts';
import { WindowColumn, type ReferenceColumn } from '../stats/drift-statistic.ts';

const SEED = 1;

/** The reference of a column whose training set has these values; NaN if missing. */
export function referenceColumn(
  values: ArrayLike<number>,
  kind: 'numeric' | 'categorical' = 'numeric',
): ReferenceColumn {
  const rows = Float32Array.from(values);
  const { features, rowCount } = makeDriftReference(rows, rows.length, ['column'], [kind], rows, SEED);
  const [column] = features;
  return { ...(column as (typeof features)[number]), rowCount };
}

/** A window of these values, to be measured by a statistic that was fitted to `reference`. */
export function windowColumn(values: ArrayLike<number>, reference: ReferenceColumn): WindowColumn {
  return new WindowColumn(Float32Array.from(values), reference);
}
