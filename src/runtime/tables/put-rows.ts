// Puts rows of a table that are objects (control path).
import type { NumberColumn } from '../../core/batch.ts';
import { isEventTime } from '../../core/time.ts';
import type { VersionedRows } from '../../core/tables/versioned-rows.ts';
import { KeyColumn } from '../../operators/key-column.ts';
import type { EventRow } from '../../ports/format.ts';
import type { Table } from '../../ports/table.ts';
import { RowBlocks } from './row-blocks.ts';

/** Of one table. */
export class RowPutter {
  readonly #table: Table;
  readonly #key: KeyColumn;
  readonly #blocks: RowBlocks;

  constructor(table: Table) {
    this.#table = table;
    this.#key = new KeyColumn(table.key);
    this.#blocks = new RowBlocks(table.columns);
  }

  /**
   * @param fromMs from when on they count, if the table has no column for it
   * @param refused called for a row without a key or an instant, with its position
   */
  put(
    into: VersionedRows,
    rows: readonly EventRow[],
    fromMs: number,
    refused: (row: number, why: string) => void,
  ): void {
    const batch = this.#blocks.of(rows);
    const { codes, dictionary } = this.#key.of(batch);
    const { time, current, key: name } = this.#table;
    const times = time === null || current ? null : (batch.columns[time] as NumberColumn | undefined)?.values;
    for (let row = 0; row < batch.size; row++) {
      const key = dictionary.decode(codes[row] as number);
      const timeMs = times?.[row] ?? fromMs;
      if (key === undefined) refused(row, `its column '${name}' is null`);
      else if (times && !isEventTime(timeMs))
        refused(row, `its time '${time}' is no instant between 1900 and 2300`);
      else into.put(into.slotOf(key), timeMs, batch.columns, row);
    }
  }
}
