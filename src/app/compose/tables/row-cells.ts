// Rows of a table from the values of files, query results and responses (control path).
import { scalarType, type Columns } from '../../../core/columns.ts';
import type { EventRow } from '../../../ports/format.ts';
import { columnSpec } from '../../../topology/columns-schema.ts';
import { cellOf, type TargetColumn } from '../../commands/load/cell.ts';

/** By column of the table. */
export class RowCells {
  readonly #columns: readonly TargetColumn[];

  constructor(columns: Columns) {
    this.#columns = Object.entries(columns).map(([name, column]) => ({
      ...columnSpec(column),
      name,
      type: scalarType(column),
      isEventTime: false,
      digits: column.digits ?? 0,
      unit: 'ms',
    }));
  }

  /** @throws CellFault for a value that its column cannot have */
  of(values: object): EventRow {
    const row: Record<string, EventRow[string]> = {};
    for (const column of this.#columns) row[column.name] = cellOf(valueAt(values, column.name), column);
    return row;
  }
}

/** A dotted name is one key, or a path of keys. */
function valueAt(values: object, name: string): unknown {
  if (Object.hasOwn(values, name)) return propertyOf(values, name);
  let value: unknown = values;
  for (const key of name.split('.')) value = propertyOf(value, key);
  return value;
}

function propertyOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name]; // it has it
}
