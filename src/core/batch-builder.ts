// The columns that one batch is decoded into (hot path): allocated once per batch, written row by row.
import type { Batch, Column, RawBatch } from './batch.ts';
import { ByteDictionary } from './byte-dictionary.ts';
import { byteViewOf, type ByteView } from './byte-view.ts';
import type { ColumnBuilder, RecordFault, RecordFaultCode } from './column-builder.ts';
import { Dictionary, NULL_CODE } from './dictionary.ts';
import { invariant } from './errors.ts';
import {
  DICTIONARY_IDS_SIZE_MAX,
  DICTIONARY_SIZE_MAX,
  EVENT_TIME_MS_MAX,
  EVENT_TIME_MS_MIN,
} from './limits.ts';
import type { Schema } from './schema.ts';
import { formatDuration } from './time.ts';

const NO_MEMORY = byteViewOf(new ArrayBuffer(0));
const NO_COLUMN = -1;
const NO_EVENT_TIME = 'the event time is null or not a number';

/** The columns of a source in one partition, with their dictionaries, which batches share until they are full. */
export class SourceColumns {
  readonly names: readonly string[];
  /** By column. */
  readonly isNumber: readonly boolean[];
  readonly numberCount: number;
  /** -1 for none. */
  readonly eventTime: number;
  readonly allowedAheadMs: number;
  /** By column; null for number columns and enums. */
  readonly strings: Array<ByteDictionary | null>;
  /** By column; null for all but enums. Codes are the positions of the symbols. */
  readonly enums: ReadonlyArray<Dictionary | null>;

  /**
   * @param eventTime name of the number column that holds event time; null for records without one: they have the time 0
   * @param allowedAheadMs how far an event time may be ahead of its record's timestamp
   */
  constructor(schema: Schema, eventTime: string | null, allowedAheadMs: number = Number.POSITIVE_INFINITY) {
    const specs = Object.values(schema);
    this.names = Object.keys(schema);
    this.isNumber = specs.map(({ kind }) => kind === 'number');
    this.numberCount = this.isNumber.filter(Boolean).length;
    this.eventTime = eventTime === null ? NO_COLUMN : this.names.indexOf(eventTime);
    this.allowedAheadMs = allowedAheadMs;
    invariant(eventTime === null || this.isNumber[this.eventTime] === true, 'event time is a number column');
    this.strings = specs.map(({ kind, symbols }) =>
      kind === 'string' && symbols === undefined ? new ByteDictionary() : null,
    );
    this.enums = specs.map(({ symbols }) => (symbols === undefined ? null : dictionaryOf(symbols)));
  }

  /** Replaces full dictionaries. Called before a batch of `rows`, as all codes of a batch share a dictionary. */
  renew(rows: number): void {
    for (let i = 0; i < this.strings.length; i++) {
      let strings = this.strings[i] ?? null;
      if (strings === null) continue;
      if (isFull(strings)) this.strings[i] = strings = new ByteDictionary(strings.size);
      strings.rows += rows;
    }
  }
}

function dictionaryOf(symbols: readonly string[]): Dictionary {
  const dictionary = new Dictionary();
  for (const symbol of symbols) dictionary.encode(symbol);
  return dictionary;
}

/** A column of ever-new ids gains nothing from old ones, and a small dictionary stays in the processor's cache. */
function isFull({ size, rows }: ByteDictionary): boolean {
  return size >= DICTIONARY_SIZE_MAX || (size >= DICTIONARY_IDS_SIZE_MAX && size * 2 > rows);
}

export class BatchBuilder implements ColumnBuilder {
  readonly numbers: Float64Array[] = [];
  readonly codes: Int32Array[] = [];
  readonly faults: RecordFault[] = [];
  /** Records that are no events. */
  skipped = 0;
  row = 0;
  /** Index of the record that is handled next. */
  next: number;
  readonly #columns: SourceColumns;
  /** By column, as in SourceColumns. */
  readonly #strings: ReadonlyArray<ByteDictionary | null>;
  readonly #clearsRows: boolean;
  readonly #rawIndex: Int32Array;
  readonly #eventTimes: Float64Array;
  /** By index of the record: its timestamp, ms; null if event times are not compared with it. */
  readonly #timestampMs: Float64Array | null;
  readonly #allowedAheadMs: number;
  /** What `setUtf8` last read from, its offset in its memory, and that memory. */
  #bytes: Uint8Array | null = null;
  #offset = 0;
  #memory: ByteView = NO_MEMORY;
  /** The memory before: a format may take turns between a record and what it has decoded of it. */
  #otherMemory: ByteView = NO_MEMORY;

  /**
   * For the records [from, to) of a RawBatch.
   * @param fillsRows whether the decoder sets every column of a row that it accepts: null is then not written beforehand
   * @param timestampMs timestamps of the RawBatch, which event times are compared with
   */
  constructor(
    columns: SourceColumns,
    from: number,
    to: number,
    fillsRows: boolean,
    timestampMs: Float64Array | null = null,
  ) {
    const capacity = to - from;
    columns.renew(capacity);
    this.#columns = columns;
    this.#clearsRows = !fillsRows;
    this.#allowedAheadMs = columns.allowedAheadMs;
    this.#timestampMs = Number.isFinite(columns.allowedAheadMs) ? timestampMs : null;
    this.#rawIndex = new Int32Array(capacity);
    this.next = from;
    this.#strings = columns.strings;
    // Two allocations per batch instead of one per column: the collector counts buffers.
    const numbers = new Float64Array(columns.numberCount * capacity);
    const codes = new Int32Array((columns.names.length - columns.numberCount) * capacity);
    if (!fillsRows) {
      numbers.fill(Number.NaN);
      codes.fill(NULL_CODE);
    }
    let numbersUsed = 0;
    let codesUsed = 0;
    for (const isNumber of columns.isNumber) {
      this.numbers.push(numbers.subarray(numbersUsed, (numbersUsed += isNumber ? capacity : 0)));
      this.codes.push(codes.subarray(codesUsed, (codesUsed += isNumber ? 0 : capacity)));
    }
    this.#eventTimes = this.numbers[columns.eventTime] ?? new Float64Array(capacity);
  }

  setNumber(column: number, value: number): void {
    (this.numbers[column] as Float64Array)[this.row] = value;
  }

  setString(column: number, value: string): boolean {
    const strings = this.#strings[column] ?? null;
    const code =
      strings === null ? (this.#columns.enums[column]?.find(value) ?? NULL_CODE) : strings.encode(value);
    if (code < 0) return false;
    (this.codes[column] as Int32Array)[this.row] = code;
    return true;
  }

  setUtf8(column: number, bytes: Uint8Array, from: number, to: number): boolean {
    const strings = this.#strings[column] ?? null;
    if (strings === null) return this.setString(column, Buffer.from(bytes.subarray(from, to)).toString());
    if (bytes !== this.#bytes) this.#enter(bytes);
    const code = strings.encodeBytes(this.#memory, this.#offset + from, this.#offset + to);
    if (code < 0) return false;
    (this.codes[column] as Int32Array)[this.row] = code;
    return true;
  }

  /** Asking a Buffer for its memory costs more than the comparison that saves it. */
  #enter(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#offset = bytes.byteOffset;
    const { buffer } = bytes;
    if (this.#memory.view.buffer === buffer) return;
    const memory = this.#otherMemory;
    this.#otherMemory = this.#memory;
    this.#memory = memory.view.buffer === buffer ? memory : byteViewOf(buffer);
  }

  setNull(column: number): void {
    if (this.#columns.isNumber[column] === true)
      (this.numbers[column] as Float64Array)[this.row] = Number.NaN;
    else (this.codes[column] as Int32Array)[this.row] = NULL_CODE;
  }

  accept(index: number): void {
    const { row } = this;
    const times = this.#eventTimes;
    // A fraction would be lost by every topic and table: rounded down, an event is in the millisecond that it began in.
    const timeMs = Math.floor(times[row] as number);
    if (!(timeMs >= EVENT_TIME_MS_MIN && timeMs <= EVENT_TIME_MS_MAX))
      return this.#rejectRange(index, timeMs);
    if (this.#timestampMs !== null) {
      const recordMs = this.#timestampMs[index] as number;
      if (timeMs - recordMs > this.#allowedAheadMs && recordMs > 0)
        return this.#rejectAhead(index, timeMs, recordMs);
    }
    times[row] = timeMs;
    this.#handled(index);
    this.#rawIndex[row] = index;
    this.row = row + 1;
  }

  #rejectRange(index: number, timeMs: number): void {
    if (Number.isNaN(timeMs)) return this.reject(index, 'EVENT_MALFORMED', NO_EVENT_TIME);
    const message = `the event time, ${timeMs} ms since 1970, is not between the years 1900 and 2300`;
    this.reject(index, 'EVENT_TIME_RANGE', message);
  }

  #rejectAhead(index: number, timeMs: number, recordMs: number): void {
    const ahead = `${formatDuration(timeMs - recordMs)} ahead of its record's timestamp`;
    const message = `the event time, ${timeMs}, is ${ahead}, ${recordMs}: ${formatDuration(this.#allowedAheadMs)} are allowed`;
    this.reject(index, 'EVENT_TIME_AHEAD', message);
  }

  reject(index: number, code: RecordFaultCode, message: string): void {
    this.#handled(index);
    this.faults.push({ index, code, message });
    if (this.#clearsRows) this.clearRow();
  }

  skip(index: number): void {
    this.#handled(index);
    this.skipped += 1;
    if (this.#clearsRows) this.clearRow();
  }

  /** A record that is left out, or handled twice, would be missing from every count and output, or be there twice. */
  #handled(index: number): void {
    if (index !== this.next)
      throw new Error(`record ${index} was handled where record ${this.next} was expected`);
    this.next = index + 1;
  }

  /** Sets all columns of the current row to null. */
  clearRow(): void {
    for (let column = 0; column < this.numbers.length; column++) this.setNull(column);
  }

  /** Discards what followed a row, before the record `next` is handled again. */
  rewind(row: number, faults: number, next: number): void {
    this.row = row;
    this.faults.length = faults;
    this.next = next;
    this.clearRow();
  }

  /** The accepted rows. `to`: end of the records of `raw` that were decoded. */
  batch(raw: RawBatch, to: number): Batch {
    const size = this.row;
    const rows = new Int32Array(size);
    const offsets = new Float64Array(size);
    for (let row = 0; row < size; row++) {
      rows[row] = row;
      offsets[row] = raw.offsets[this.#rawIndex[row] as number] as number;
    }
    return {
      kind: 'batch',
      origin: raw.origin,
      size,
      rows,
      offsets,
      eventTimeMs: this.#eventTimes.subarray(0, size),
      columns: this.#named(size),
      offsetNext: to >= raw.count ? raw.offsetNext : (raw.offsets[to - 1] as number) + 1,
      receivedAtMs: raw.receivedAtMs,
      raw,
      rawIndex: this.#rawIndex.subarray(0, size),
      flags: null,
      features: null,
      predictions: null,
      labels: null,
    };
  }

  #named(size: number): Record<string, Column> {
    const { names, enums } = this.#columns;
    const columns: Record<string, Column> = {};
    for (const [i, name] of names.entries()) {
      const dictionary = this.#strings[i] ?? enums[i];
      columns[name] = dictionary
        ? { kind: 'string', codes: cut(this.codes[i] as Int32Array, size), dictionary }
        : { kind: 'number', values: cut(this.numbers[i] as Float64Array, size) };
    }
    return columns;
  }
}

function cut<T extends Float64Array | Int32Array>(array: T, size: number): T {
  return array.length === size ? array : (array.subarray(0, size) as T); // subarray keeps the array's own type
}
