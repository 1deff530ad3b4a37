// Rows that are objects as columns (control path): of files, queries, responses and tests.
import type { Batch } from '../../core/batch.ts';
import { BatchBuilder, SourceColumns } from '../../core/batch-builder.ts';
import { emptyFetch } from '../../core/empty-batch.ts';
import type { Columns } from '../../core/columns.ts';
import type { EventRow } from '../../ports/format.ts';
import { columnSpec } from '../../topology/columns-schema.ts';

const NOWHERE = { topic: '', partition: 0 };

export class RowBlocks {
  readonly #columns: SourceColumns;

  constructor(columns: Columns) {
    // Enums may have any value here: a row with a strange one was refused before.
    const specs = Object.entries(columns).map(([name, type]) => {
      const { kind, nullable } = columnSpec(type);
      return [name, { kind, nullable }] as const;
    });
    this.#columns = new SourceColumns(Object.fromEntries(specs), null);
  }

  of(rows: readonly EventRow[]): Batch {
    const builder = new BatchBuilder(this.#columns, 0, rows.length, false);
    for (const [index, row] of rows.entries()) {
      for (const [column, name] of this.#columns.names.entries()) {
        const value = row[name] ?? null;
        if (value === null) builder.setNull(column);
        else if (this.#columns.isNumber[column] === true) builder.setNumber(column, Number(value));
        else builder.setString(column, String(value));
      }
      builder.accept(index);
    }
    const none = new Float64Array(rows.length);
    return builder.batch({ ...emptyFetch(NOWHERE, 0), offsets: none, count: rows.length }, rows.length);
  }
}
