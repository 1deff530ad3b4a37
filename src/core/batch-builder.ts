// The columns that one batch is decoded into (hot path): allocated once per batch, written row by row.
import type { Batch, Column, RawBatch } from './batch.ts';
import type { ByteDictionary } from './byte-dictionary.ts';
import { byteViewOf, type ByteView } from './byte-view.ts';
import type { ColumnBuilder, RecordFault, RecordFaultCode } from './column-builder.ts';
import { ListRows } from './list-rows.ts';
import { NULL_CODE } from './dictionary.ts';
import { EVENT_TIME_MS_MAX, EVENT_TIME_MS_MIN } from './event-limits.ts';
import type { SourceColumns } from './source-columns.ts';
import { formatDuration } from './time.ts';

export { SourceColumns } from './source-columns.ts';

const NO_MEMORY = byteViewOf(new ArrayBuffer(0));
const NO_EVENT_TIME = 'the event time is null or not a number';

export class BatchBuilder implements ColumnBuilder {
  readonly numbers: Float64Array[] = [];
  readonly codes: Int32Array[] = [];
  readonly lists: ReadonlyArray<ListRows | null>;
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
  /** Each once. */
  readonly #listRows: readonly ListRows[];
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
    this.#listRows = columns.lists.map(
      (group) =>
        new ListRows(
          group.columns.map((column) => ({
            strings: columns.strings[column] ?? null,
            symbols: columns.enums[column] ?? null,
          })),
          capacity,
          fillsRows,
        ),
    );
    this.lists = columns.listPlaces.map((place) =>
      place === null ? null : (this.#listRows[place.group] as ListRows),
    );
    // Two allocations per batch instead of one per column: the collector counts buffers.
    const numbers = new Float64Array(columns.numberCount * capacity);
    const codes = new Int32Array(columns.codeCount * capacity);
    if (!fillsRows) {
      numbers.fill(Number.NaN);
      codes.fill(NULL_CODE);
    }
    let numbersUsed = 0;
    let codesUsed = 0;
    for (const [column, isNumber] of columns.isNumber.entries()) {
      const isCoded = !isNumber && columns.listPlaces[column] === null;
      this.numbers.push(numbers.subarray(numbersUsed, (numbersUsed += isNumber ? capacity : 0)));
      this.codes.push(codes.subarray(codesUsed, (codesUsed += isCoded ? capacity : 0)));
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
    else if (this.lists[column] !== null) this.lists[column]?.discard();
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
    this.endLists();
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
    this.#discardLists();
    if (this.#clearsRows) this.clearRow();
  }

  skip(index: number): void {
    this.#handled(index);
    this.skipped += 1;
    this.#discardLists();
    if (this.#clearsRows) this.clearRow();
  }

  /** Each list once, whose columns share it. */
  protected endLists(): void {
    for (let i = 0; i < this.#listRows.length; i++) (this.#listRows[i] as ListRows).endRow(this.row);
  }

  #discardLists(): void {
    for (let i = 0; i < this.#listRows.length; i++) (this.#listRows[i] as ListRows).discard();
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
    for (const lists of this.#listRows) lists.rewind(row);
    this.clearRow();
  }

  /** The accepted rows. `to`: end of the records of `raw` that were decoded. */
  batch(raw: RawBatch, to: number): Batch {
    const size = this.row;
    for (const lists of this.#listRows) lists.countStrings();
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
    const { names, enums, listPlaces } = this.#columns;
    const columns: Record<string, Column> = {};
    for (const [i, name] of names.entries()) {
      const place = listPlaces[i] ?? null;
      if (place !== null) {
        columns[name] = (this.#listRows[place.group] as ListRows).column(place.position, size);
        continue;
      }
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
