// What a source format writes the columns of a batch into (types alone; the calls are on the hot path).
import type { ErrorCode } from './errors.ts';

/**
 * Why a record could not be decoded.
 * - `EVENT_MALFORMED`: the bytes do not follow the format, or the event time is null
 * - `EVENT_NOT_FRAMED`: the frame before the payload, such as the Confluent wire format's schema id, is missing
 * - `SCHEMA_UNKNOWN`: the record names a schema that does not exist
 * - `SCHEMA_INVALID`: the record names a schema that the topology's cannot read
 * - `EVENT_TIME_RANGE`, `EVENT_TIME_AHEAD`: set by `accept`, which checks the event time of every row
 * - `BATCH_UNREADABLE`, `BATCH_TOO_LARGE`: the log cannot return the record's bytes; no format rejects by these
 */
export type RecordFaultCode = Extract<
  ErrorCode,
  | 'EVENT_MALFORMED'
  | 'EVENT_NOT_FRAMED'
  | 'SCHEMA_UNKNOWN'
  | 'SCHEMA_INVALID'
  | 'EVENT_TIME_RANGE'
  | 'EVENT_TIME_AHEAD'
  | 'BATCH_UNREADABLE'
  | 'BATCH_TOO_LARGE'
>;

/** A record that could not be decoded. */
export interface RecordFault {
  /** Index of the record in its RawBatch. */
  readonly index: number;
  readonly code: RecordFaultCode;
  readonly message: string;
}

/** What takes the values of one row; a list's arrays are replaced as it grows. */
export type ValueBuilder = Pick<
  ColumnBuilder,
  'row' | 'numbers' | 'codes' | 'setNumber' | 'setString' | 'setUtf8' | 'setNull'
>;

/**
 * Builds the lists that the current row has in some columns: those that come from one list, or one map, of the events have
 * this in common, `items[].sku` and `items[].price`, say. An item is a row of its own here, and columns are addressed by their
 * position among those of the list. A row whose list is not begun has null there.
 *
 * @example
 * const lists = columns.lists[2];
 * lists.begin();
 * for (const price of prices) {
 *   lists.setNumber(0, price);
 *   if (!lists.accept()) return columns.reject(index, 'EVENT_MALFORMED', 'the list is too long');
 * }
 */
export interface ListBuilder extends ValueBuilder {
  /** Items that the row's list has so far; -1 while it is null. */
  readonly size: number;
  /** Starts the list of the current row: what the row had is discarded. */
  begin(): void;
  /** Ends the current item. Returns false, and adds nothing, if a list may not have more items. */
  accept(): boolean;
  /** Sets an earlier item of the row once more, up to `accept`: of several entries of a map with one key the last counts. */
  again(item: number): void;
}

/**
 * Builds the columns of one batch, row by row. A decoder handles each record once, in order: it sets the columns of the
 * current row and then calls `accept`, or it calls `reject` or `skip`, which discard what was set.
 *
 * Columns are addressed by their position in the decoder's schema. A column that is not set is null.
 *
 * @example
 * columns.setString(0, id);
 * if (Number.isNaN(amount)) columns.setNull(1);
 * else columns.setNumber(1, amount);
 * columns.accept(index);
 */
export interface ColumnBuilder {
  /** The current row: the number of rows accepted so far. */
  readonly row: number;
  /** By column: the values, for writing at `row` without a call; NaN is null. Empty for other columns. */
  readonly numbers: readonly Float64Array[];
  /** By column: the codes, for writing an enum's at `row` without a call; -1 is null. Empty for other columns. */
  readonly codes: readonly Int32Array[];
  /** By column: what builds the lists of the current row; null for a column without lists. */
  readonly lists: ReadonlyArray<ListBuilder | null>;
  setNumber(column: number, value: number): void;
  /** Returns false, and sets nothing, if the column is an enum without this value. */
  setString(column: number, value: string): boolean;
  /**
   * The string in bytes [from, to), without creating a JavaScript string. Returns false, and sets nothing, if they are not
   * UTF-8 or the column is an enum without this value.
   */
  setUtf8(column: number, bytes: Uint8Array, from: number, to: number): boolean;
  setNull(column: number): void;
  /**
   * Ends the current row. Its event time becomes whole milliseconds, rounded down. A row whose event time is null, out of
   * range, or too far ahead of its record's timestamp becomes a rejected record instead.
   * @param index of the row's record in the RawBatch
   */
  accept(index: number): void;
  /**
   * Leaves out the record, which is no event, such as a tombstone. It is counted.
   * @param index of the record in the RawBatch
   */
  skip(index: number): void;
  /**
   * Sends the record to the dead-letter topic instead of the pipeline.
   * @param index of the record in the RawBatch
   */
  reject(index: number, code: RecordFaultCode, message: string): void;
}
