// The rows of one table in a process (control path, once some records of the table): bounded, measured, and compacted when
// much of it is out of use.
import { MillraceError } from '../../core/errors.ts';
import type { Schema } from '../../core/schema.ts';
import { TableLookup } from '../../core/tables/table-lookup.ts';
import { VersionedRows } from '../../core/tables/versioned-rows.ts';
import type { Table, TableReader } from '../../ports/table.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

export interface TableStoreParts {
  readonly table: Table;
  readonly topology: string;
  /** The columns of the table that stages take. */
  readonly schema: Schema;
  readonly telemetry: Telemetry;
}

export class TableStore {
  readonly table: Table;
  readonly #parts: TableStoreParts;
  rows: VersionedRows;
  #reportedDropped = 0;

  constructor(parts: TableStoreParts) {
    this.table = parts.table;
    this.#parts = parts;
    this.rows = this.empty();
  }

  /** No rows, for a table that is read as a whole. */
  empty(): VersionedRows {
    const { keepMs, versionsMax } = this.table;
    return new VersionedRows(this.#parts.schema, { keepMs, versionsMax });
  }

  reader(): TableReader {
    return new TableLookup(() => this.rows);
  }

  /**
   * Called after some changes.
   * @param rows those that were changed, which may not be in use yet
   * @throws TABLE_TOO_LARGE
   */
  check({ versions, bytes }: Pick<VersionedRows, 'versions' | 'bytes'>): void {
    const { name, rowsMax, bytesMax } = this.table;
    if (versions <= rowsMax && bytes <= bytesMax) return;
    const what =
      versions > rowsMax
        ? `it has more than ${rowsMax} versions of rows`
        : `it takes more than ${bytesMax} bytes of memory`;
    throw new MillraceError('TABLE_TOO_LARGE', what, {
      where: `table ${name}`,
      remedy:
        'Raise rowsMax or bytesMax, keep fewer versions by keepMs or versionsMax, or take fewer columns.',
    });
  }

  /** @param asOfMs Unix time as of which it has what its origin has */
  report(asOfMs: number): void {
    const { telemetry, topology } = this.#parts;
    const { rows, versions, bytes, dropped } = this.rows;
    const labels = { topology, table: this.table.name };
    telemetry.gauge('table_rows', rows, labels);
    telemetry.gauge('table_versions', versions, labels);
    telemetry.gauge('table_bytes', bytes, labels);
    telemetry.gauge('table_read_timestamp_seconds', asOfMs / 1_000, labels);
    if (dropped > this.#reportedDropped)
      telemetry.count('table_versions_dropped_total', dropped - this.#reportedDropped, labels);
    this.#reportedDropped = dropped;
  }

  removeGauges(): void {
    const { telemetry, topology } = this.#parts;
    const labels = { topology, table: this.table.name };
    for (const name of ['table_rows', 'table_versions', 'table_bytes', 'table_read_timestamp_seconds'])
      telemetry.removeGauge(name, labels);
  }
}
