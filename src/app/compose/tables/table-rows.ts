// Rows of a table from the values of files, query results and responses (control path): read as `millrace load` reads them.
import type { Columns } from '../../../core/columns.ts';
import { messageOf } from '../../../core/errors.ts';
import type { EventRow } from '../../../ports/format.ts';
import type { FileRow } from '../../../ports/row-file.ts';
import type { RefusedRow } from '../../../runtime/tables/snapshot-table.ts';
import { schemaOf } from '../../../topology/columns-schema.ts';
import { CellFault } from '../../commands/load/cell.ts';
import { RowMapping, type Target } from '../../commands/load/row-mapping.ts';

/** @param time the column that is an instant of events; null for none */
export function tableTarget(columns: Columns, time: string | null): Target {
  return {
    schema: schemaOf(columns),
    columns,
    eventTime: time ?? '',
    unit: null,
    nowMs: null,
    names: new Map(),
  };
}

/** Of rows that are objects. */
export function objectMapping(where: string, columns: Columns): RowMapping {
  return new RowMapping(where, null, tableTarget(columns, null));
}

/** What is wrong with a row. @throws an error that is not about a value */
export function rowFault(error: unknown): string {
  if (error instanceof CellFault) return `'${error.column}': ${messageOf(error)}`;
  throw error;
}

/** @param refused called for a row that is left out */
export function tableRows(
  rows: Iterable<FileRow>,
  mapping: RowMapping,
  refused: (row: RefusedRow) => void,
): EventRow[] {
  const taken: EventRow[] = [];
  for (const row of rows) {
    const { place } = row;
    if (row.values === null) {
      refused({ place, why: row.fault });
      continue;
    }
    try {
      taken.push(mapping.eventOf(row.values));
    } catch (error) {
      refused({ place, why: rowFault(error) });
    }
  }
  return taken;
}
