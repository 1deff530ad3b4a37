// What an expression gives for rows, in the form of rows: null for null.
import { valueAt } from '../../src/core/batch.ts';
import type { Expression, FailedRows } from '../../src/core/expression.ts';
import type { Schema } from '../../src/core/schema.ts';
import { RowBatches, schemaOf, type Row } from '../../src/testing/rows.ts';

/** The values by row. @param columns kinds of columns that may have no value in any row; the others follow from the rows */
export function computed(
  expression: Expression,
  rows: readonly Row[],
  columns: Schema = {},
  failed: FailedRows = new Map(),
): Array<number | string | null> {
  const all = rows.map((row) => ({ ...row, computedAt: 0 }));
  const batch = new RowBatches({ ...schemaOf(all), ...columns }, 'computedAt').next(all);
  const column = expression.open('test')(batch, failed);
  return rows.map((_, row) => valueAt(column, row) as number | string | null);
}
