// Single records by the JSON reader.
import { objectTree, planColumns } from '../../../src/adapters/json/column-tree.ts';
import { JsonReader } from '../../../src/adapters/json/columnar-reader.ts';
import type { Columns } from '../../../src/core/columns.ts';
import { RowsOf } from '../../support/read-rows.ts';

export function jsonRows(columns: Columns, eventTime: string): RowsOf {
  const plans = planColumns(columns, 'events');
  return new RowsOf(new JsonReader(plans, objectTree(plans, 'events'), eventTime), columns, eventTime);
}
