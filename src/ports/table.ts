// Port: lookup tables, as a topology declares them and as stages read them (types only; the calls are on the hot path, once
// a batch).
import type { Batch, Column, DictColumn } from '../core/batch.ts';
import type { Columns } from '../core/columns.ts';
import type { Format } from './format.ts';

/** The rows of a table are the newest records of the keys of a topic. */
export interface TopicOrigin {
  readonly kind: 'topic';
  readonly topic: string;
  readonly subject?: string;
  readonly format?: Format;
}

/** They are in a file, which is read at the start and again when it has changed. */
export interface FileOrigin {
  readonly kind: 'file';
  readonly file: string;
  /** How often its size and time of change are looked at, ms; null: never again. */
  readonly everyMs: number | null;
}

/** They are the result of a query of ClickHouse. */
export interface QueryOrigin {
  readonly kind: 'query';
  readonly query: string;
  readonly everyMs: number;
}

/** A row is what a GET of its key returns. */
export interface HttpOrigin {
  readonly kind: 'http';
  /** With `{key}` for the key. */
  readonly url: string;
  readonly headers: () => Readonly<Record<string, string>>;
  /** For all keys of a batch together, ms. */
  readonly timeoutMs: number;
  /** How long a row is used without another request, ms. */
  readonly ttlMs: number;
  /** The same for a key without a row. */
  readonly missingTtlMs: number;
  readonly keysMax: number;
  readonly parallel: number;
}

export type TableOrigin = TopicOrigin | FileOrigin | QueryOrigin | HttpOrigin;

/** @typeParam C its columns */
export interface Table<C extends Columns = Columns> {
  readonly name: string;
  readonly columns: C;
  readonly key: string;
  readonly from: TableOrigin;
  /** The column with the time from which a row counts; null: the time of its record, or from ever where it has none. */
  readonly time: string | null;
  /** Whether an event sees the newest row that is there, whatever its time. */
  readonly current: boolean;
  /** How long a version is kept after the one that follows it, ms. */
  readonly keepMs: number;
  /** Versions of one key. */
  readonly versionsMax: number;
  /** Versions of all keys. */
  readonly rowsMax: number;
  readonly bytesMax: number;
  /** How long a batch waits for the table to be read up to its end, ms. */
  readonly waitMs: number;
}

/** That a stage finds rows of a table by a column. */
export interface TableUse {
  readonly table: Table;
  /** The column of the events. */
  readonly key: string;
  /** The columns of the table that it takes. */
  readonly columns: readonly string[];
}

/** Rows of a table that were found for a batch. */
export interface FoundRows {
  /** By row of the batch, -1 for none; other rows than the live ones are undefined. */
  readonly at: Int32Array;
  /** A column of the table for the rows of the batch, null where no row was found. */
  column(name: string): Column;
}

/** A table as one stage of a partition reads it. */
export interface TableReader {
  /** For each live row the newest row of its key whose time is that of the event or before. */
  find(keys: DictColumn, batch: Pick<Batch, 'rows' | 'size' | 'eventTimeMs'>): FoundRows;
}

/** The tables that a task reads. */
export interface OpenTables {
  /** @param name of a table of the topology */
  reader(name: string): TableReader;
  /**
   * Resolves when the tables may be read for records that arrived at `receivedAtMs` (performance.now()): everything is read
   * that their topics had then, or the wait has been too long. Undefined if that is so already.
   */
  caughtUp(receivedAtMs: number): Promise<void> | undefined;
  /** Resolves when rows that are fetched by key are there, or cannot be had. Undefined if nothing is to be fetched. */
  fetch(name: string, keys: DictColumn, rows: Int32Array): Promise<void> | undefined;
}
