// A table that is read as a whole, now and then (control path): a file, or the result of a query. The new rows replace the
// old ones between two batches.
import { setTimeout as pause } from 'node:timers/promises';
import { isCode, messageOf } from '../../core/errors.ts';
import { isEnvironmentFault } from '../../core/faults.ts';
import { TABLE_RETRY_MS } from '../../core/table-limits.ts';
import type { EventRow } from '../../ports/format.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import type { TableReader } from '../../ports/table.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { OpenedTable } from './opened-table.ts';
import { RowPutter } from './put-rows.ts';
import { TableReports } from './table-reports.ts';
import { TableWaits } from './table-waits.ts';
import type { TableStore } from './table-store.ts';

/** A row that is none of the table's. */
export interface RefusedRow {
  /** Its line or number; null if it has none. */
  readonly place: number | null;
  readonly why: string;
}

export interface TableSnapshots {
  /** What holds the rows, for messages: a path, or `query of merchants`. */
  readonly where: string;
  /** Milliseconds between two reads; null for one read alone. */
  readonly everyMs: number | null;
  /**
   * All rows, some at a time; null if they are those of the read before.
   * @param refused called for a row that is left out
   */
  read(refused: (row: RefusedRow) => void): Promise<AsyncIterable<readonly EventRow[]> | null>;
  close(): Promise<void>;
}

export interface SnapshotTableParts {
  readonly topology: string;
  readonly store: TableStore;
  readonly snapshots: TableSnapshots;
  readonly quarantine: Quarantine;
  readonly telemetry: Telemetry;
  readonly nowMs: () => number;
}

/** Rows without a time count for every event. */
const EVER = Number.NEGATIVE_INFINITY;

export class SnapshotTable implements OpenedTable {
  readonly name: string;
  readonly #parts: SnapshotTableParts;
  readonly #waits: TableWaits;
  readonly #reports: TableReports;
  readonly #closed = new AbortController();

  constructor(parts: SnapshotTableParts) {
    const { store, telemetry, topology } = parts;
    this.#parts = parts;
    this.name = store.table.name;
    this.#reports = new TableReports(this.name, telemetry);
    this.#waits = new TableWaits(0, telemetry, { topology, table: this.name });
  }

  reader(): TableReader {
    return this.#parts.store.reader();
  }

  start(failed: (error: Error) => void): void {
    this.#follow().catch(failed);
  }

  /** What it had once: nothing says what the origin has now. */
  ready(): Promise<void> {
    return this.#waits.until(0);
  }

  close(): void {
    this.#closed.abort();
    this.#waits.close();
    this.#parts.store.removeGauges();
    this.#reports.close();
    const { telemetry, snapshots } = this.#parts;
    snapshots
      .close()
      .catch((error: unknown) =>
        telemetry.warn('a table could not be closed', { table: this.name, why: messageOf(error) }),
      );
  }

  async #follow(): Promise<void> {
    const { snapshots } = this.#parts;
    const { signal } = this.#closed;
    this.#reports.loading();
    while (!signal.aborted) {
      let waitMs = snapshots.everyMs;
      try {
        await this.#read();
        this.#waits.reached(performance.now());
        this.#reports.loaded();
      } catch (error) {
        if (signal.aborted) return;
        // Rows that are there are better than none.
        const passes =
          isEnvironmentFault(error) || (this.#reports.isLoaded && !isCode(error, 'TABLE_TOO_LARGE'));
        if (!passes) throw error;
        this.#reports.failed(error);
        waitMs = Math.min(waitMs ?? TABLE_RETRY_MS, TABLE_RETRY_MS);
      }
      if (waitMs === null) return;
      await pause(waitMs, undefined, { ref: false, signal }).catch(() => undefined); // it is closed
    }
  }

  async #read(): Promise<void> {
    const { store, snapshots, nowMs } = this.#parts;
    const asOfMs = nowMs();
    const blocks = await snapshots.read((row) => this.#refuse(row));
    if (blocks === null) return store.report(asOfMs);
    const rows = store.empty();
    const putter = new RowPutter(store.table);
    for await (const block of blocks) {
      if (this.#closed.signal.aborted) return;
      putter.put(rows, block, EVER, (_row, why) => this.#refuse({ place: null, why }));
      store.check(rows);
    }
    store.rows = rows;
    store.report(asOfMs);
  }

  #refuse({ place, why }: RefusedRow): void {
    const { snapshots, quarantine } = this.#parts;
    const detail = place === null ? why : `${place}: ${why}`;
    quarantine.add({
      reason: 'malformed',
      detail,
      topic: snapshots.where,
      partition: null,
      offset: null,
      value: null,
    });
  }
}
