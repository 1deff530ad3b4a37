// Loads one file into the topic (control path): rows become records, some thousand of them a transaction.
import { crc32 } from 'node:zlib';
import { messageOf } from '../../../core/errors.ts';
import { LOAD_COMMIT_BYTES_MAX, LOAD_COMMIT_ROWS_MAX } from '../../../core/log-limits.ts';
import { recordBytes } from '../../../core/record-bytes.ts';
import type { LogRecord } from '../../../ports/event-log.ts';
import type { FileRow, RowFile } from '../../../ports/row-file.ts';
import { eventRecord, NO_TIMESTAMP, type RecordForm } from '../../compose/event-record.ts';
import type { BadRow, BadRows } from './bad-rows.ts';
import { CellFault } from './cell.ts';
import type { Pace } from './pace.ts';
import { RowMapping, type Target } from './row-mapping.ts';
import { rowText } from './row-text.ts';
import type { LoadTarget, Position } from './target.ts';

export interface FileLoadOptions {
  readonly name: string;
  readonly rows: RowFile;
  readonly columns: Target;
  readonly form: RecordForm;
  readonly to: LoadTarget;
  readonly bad: BadRows;
  /** Null: as fast as possible. */
  readonly pace: Pace | null;
  /** Rows of the file to load at most. */
  readonly limit: number;
  /** Resolves after the time, or earlier when the load is to stop. */
  readonly sleep: (ms: number) => Promise<void>;
  readonly stopped: () => boolean;
}

export class FileLoad {
  readonly #options: FileLoadOptions;
  readonly #mapping: RowMapping;
  /** Rows that this and earlier loads have read. */
  #rows = 0;
  #crc = 0;
  #pending: LogRecord[] = [];
  #pendingBytes = 0;
  /** Rows that an earlier load has read. */
  earlier = 0;
  /** Events in the topic by this load. */
  sent = 0;
  eventTimeMs: number = Number.NaN;

  /** @throws DATA_INVALID if the file lacks a column */
  constructor(options: FileLoadOptions) {
    this.#options = options;
    const { name, rows, columns } = options;
    this.#mapping = new RowMapping(name, rows.columns, columns, rows.allColumns);
  }

  get mapping(): RowMapping {
    return this.#mapping;
  }

  /**
   * Loads the rows that no earlier load has, until the end, the limit or a stop.
   * @returns false, and loads nothing, if the rows that were loaded earlier are no longer those of the file
   * @throws DATA_INVALID for a bad row, and where the file cannot be read
   */
  async run(): Promise<boolean> {
    const { rows, to, limit, stopped } = this.#options;
    const { from } = to;
    for await (const some of rows.rows()) {
      for (const row of some) {
        if (stopped() || this.#rows >= limit) return this.#end(false);
        if (row.values !== null) this.#mapping.seen.add(row.values);
        if (from === null || this.#rows >= from.rows) await this.#load(row);
        else if (!this.#pass(row, from)) return false;
      }
    }
    if (from !== null && this.#rows < from.rows) return stopped();
    return this.#end(from === null || !from.isWhole || this.#rows > from.rows);
  }

  async #end(isWhole: boolean): Promise<true> {
    await this.#commit(isWhole);
    return true;
  }

  /** A row of an earlier load; false if it is another one. */
  #pass(row: FileRow, from: Position): boolean {
    this.#count(row);
    this.earlier = this.#rows;
    return this.#rows < from.rows || this.#crc === from.crc;
  }

  #count(row: FileRow): void {
    this.#rows += 1;
    this.#crc = crc32(rowText(row), this.#crc);
  }

  async #load(row: FileRow): Promise<void> {
    const { bad, pace, stopped, sleep } = this.#options;
    const record = this.#recordOf(row);
    if ('reason' in record) {
      if (bad.rule === 'stop') {
        await this.#commit(false);
        throw bad.error(record);
      }
      bad.add(record);
      if (bad.rule === 'dead-letter') this.#add(bad.record(record));
    } else {
      if (record.timestampMs !== NO_TIMESTAMP) this.eventTimeMs = record.timestampMs;
      const waitMs = pace === null ? 0 : pace.waitMs(this.eventTimeMs);
      if (waitMs > 0) {
        await this.#commit(false);
        await sleep(waitMs);
        if (stopped()) return;
      }
      this.#add(record);
    }
    this.#count(row);
    if (this.#pending.length >= LOAD_COMMIT_ROWS_MAX || this.#pendingBytes >= LOAD_COMMIT_BYTES_MAX)
      await this.#commit(false);
  }

  #recordOf(row: FileRow): LogRecord | BadRow {
    if (row.values === null) return this.#bad(row, null, row.fault);
    try {
      const record = eventRecord(this.#mapping.eventOf(row.values), this.#options.form);
      const [bytes, bytesMax] = [recordBytes(record), this.#options.to.recordBytesMax()];
      if (bytes <= bytesMax) return record;
      return this.#bad(row, null, `the event has ${bytes} bytes, and the topic accepts ${bytesMax}`);
    } catch (error) {
      return this.#bad(row, error instanceof CellFault ? error.column : null, messageOf(error));
    }
  }

  #bad(row: FileRow, column: string | null, reason: string): BadRow {
    const { name, rows } = this.#options;
    return { file: name, counts: rows.counts, place: row.place, column, reason, text: rowText(row) };
  }

  #add(record: LogRecord): void {
    this.#pending.push(record);
    this.#pendingBytes += recordBytes(record);
  }

  async #commit(isWhole: boolean): Promise<void> {
    const records = this.#pending;
    if (records.length === 0 && !isWhole && this.#rows === this.earlier) return;
    this.#pending = [];
    this.#pendingBytes = 0;
    await this.#options.to.commit(records, { rows: this.#rows, crc: this.#crc, isWhole });
    this.sent += records.length;
  }
}
