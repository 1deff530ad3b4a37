// A table in a file (control path): read by the loaders of `millrace load`.
import { stat } from 'node:fs/promises';
import type { EventRow } from '../../../ports/format.ts';
import type { RowFile } from '../../../ports/row-file.ts';
import type { FileOrigin, Table } from '../../../ports/table.ts';
import type { RefusedRow, TableSnapshots } from '../../../runtime/tables/snapshot-table.ts';
import { openRows } from '../../commands/load/open-rows.ts';
import { fileColumns, RowMapping } from '../../commands/load/row-mapping.ts';
import { tableRows, tableTarget } from './table-rows.ts';

export function fileSnapshots({ columns, time }: Table, { file, everyMs }: FileOrigin): TableSnapshots {
  const target = tableTarget(columns, time);
  const wanted = fileColumns(Object.keys(columns), target.names);
  let before: string | null = null;
  return {
    where: file,
    everyMs,
    async read(refused) {
      const stamp = await stampOf(file);
      if (stamp !== null && stamp === before) return null;
      const opened = await openRows(file, {
        format: null,
        delimiter: null,
        header: null,
        nullText: null,
        wanted: (name) => wanted.has(name),
      });
      try {
        const mapping = new RowMapping(file, opened.columns, target, opened.allColumns);
        return rowsOf(opened, mapping, refused, () => {
          before = stamp;
        });
      } catch (error) {
        await opened.close();
        throw error;
      }
    },
    close: async () => undefined,
  };
}

/** Size and time of change; null for what has none: the loader says what is wrong. */
async function stampOf(file: string): Promise<string | null> {
  try {
    const { size, mtimeMs } = await stat(file);
    return `${size} ${mtimeMs}`;
  } catch {
    return null;
  }
}

async function* rowsOf(
  file: RowFile,
  mapping: RowMapping,
  refused: (row: RefusedRow) => void,
  ended: () => void,
): AsyncGenerator<readonly EventRow[]> {
  try {
    for await (const block of file.rows()) yield tableRows(block, mapping, refused);
    ended();
  } finally {
    await file.close();
  }
}
