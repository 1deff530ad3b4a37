// The lists of a batch that come from one list of the events (hot path): their values are rows of their own, one for each item.
import type { ListColumn, ScalarColumn } from './batch.ts';
import type { ByteDictionary } from './byte-dictionary.ts';
import { byteViewOf } from './byte-view.ts';
import type { ListBuilder } from './column-builder.ts';
import { NULL_CODE, type Dictionary } from './dictionary.ts';
import { LIST_ITEMS_MAX } from './event-limits.ts';

const CAPACITY_START = 256;

/** By column of the list: what encodes its strings; null for numbers. */
export interface ListStrings {
  readonly strings: ByteDictionary | null;
  readonly symbols: Dictionary | null;
}

export class ListRows implements ListBuilder {
  numbers: Float64Array[];
  codes: Int32Array[];
  row = 0;
  readonly #strings: readonly ListStrings[];
  readonly #clearsItems: boolean;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  #capacity = CAPACITY_START;
  /** Behind the last item. */
  #count = 0;
  /** The first item of the row. */
  #start = 0;
  #isPresent = false;

  /**
   * @param rows most rows of the batch
   * @param fillsRows whether the decoder sets every column of each item
   */
  constructor(strings: readonly ListStrings[], rows: number, fillsRows: boolean) {
    this.#strings = strings;
    this.#clearsItems = !fillsRows;
    this.#starts = new Int32Array(rows);
    this.#ends = new Int32Array(rows);
    this.numbers = strings.map((column) => new Float64Array(isNumber(column) ? CAPACITY_START : 0));
    this.codes = strings.map((column) => new Int32Array(isNumber(column) ? 0 : CAPACITY_START));
  }

  /** Items of the batch so far. */
  get count(): number {
    return this.#count;
  }

  begin(): void {
    this.#count = this.#start;
    this.row = this.#start;
    this.#isPresent = true;
    if (this.#clearsItems) this.#clear();
  }

  accept(): boolean {
    if (this.row < this.#count) {
      this.row = this.#count;
      return true;
    }
    if (this.#count - this.#start >= LIST_ITEMS_MAX) return false;
    this.#count++;
    this.row = this.#count;
    if (this.row === this.#capacity) this.#grow();
    if (this.#clearsItems) this.#clear();
    return true;
  }

  again(item: number): void {
    this.row = this.#start + item;
  }

  get size(): number {
    return this.#isPresent ? this.#count - this.#start : -1;
  }

  /** Ends the row: it has the list that was begun, or null. */
  endRow(row: number): void {
    this.#starts[row] = this.#isPresent ? this.#start : -1;
    this.#ends[row] = this.#isPresent ? this.#count : -1;
    this.#start = this.#count;
    this.row = this.#count;
    this.#isPresent = false;
  }

  /** The row has no list. */
  discard(): void {
    this.#count = this.#start;
    this.row = this.#start;
    this.#isPresent = false;
  }

  /** Discards the rows from this one on. */
  rewind(row: number): void {
    let before = row - 1;
    while (before >= 0 && (this.#ends[before] as number) < 0) before--;
    this.#start = before < 0 ? 0 : (this.#ends[before] as number);
    this.discard();
  }

  setNumber(column: number, value: number): void {
    (this.numbers[column] as Float64Array)[this.row] = value;
  }

  setString(column: number, value: string): boolean {
    const { strings, symbols } = this.#strings[column] as ListStrings;
    const code = strings === null ? (symbols?.find(value) ?? NULL_CODE) : strings.encode(value);
    if (code < 0) return false;
    (this.codes[column] as Int32Array)[this.row] = code;
    return true;
  }

  setUtf8(column: number, bytes: Uint8Array, from: number, to: number): boolean {
    const { strings } = this.#strings[column] as ListStrings;
    if (strings === null) return this.setString(column, Buffer.from(bytes.subarray(from, to)).toString());
    const { byteOffset } = bytes;
    const code = strings.encodeBytes(this.#memoryOf(bytes), byteOffset + from, byteOffset + to);
    if (code < 0) return false;
    (this.codes[column] as Int32Array)[this.row] = code;
    return true;
  }

  #memory = byteViewOf(new ArrayBuffer(0));

  #memoryOf({ buffer }: Uint8Array): ReturnType<typeof byteViewOf> {
    if (this.#memory.view.buffer !== buffer) this.#memory = byteViewOf(buffer);
    return this.#memory;
  }

  setNull(column: number): void {
    if (isNumber(this.#strings[column] as ListStrings))
      (this.numbers[column] as Float64Array)[this.row] = Number.NaN;
    else (this.codes[column] as Int32Array)[this.row] = NULL_CODE;
  }

  /** The column of lists at this position. @param size rows of the batch */
  column(position: number, size: number): ListColumn {
    return {
      kind: 'list',
      starts: this.#starts.subarray(0, size),
      ends: this.#ends.subarray(0, size),
      items: this.#items(position),
    };
  }

  #items(position: number): ScalarColumn {
    const { strings, symbols } = this.#strings[position] as ListStrings;
    const dictionary = strings ?? symbols;
    return dictionary === null
      ? { kind: 'number', values: (this.numbers[position] as Float64Array).subarray(0, this.#count) }
      : { kind: 'string', codes: (this.codes[position] as Int32Array).subarray(0, this.#count), dictionary };
  }

  /** Counts the items as rows that used the dictionaries. */
  countStrings(): void {
    for (const { strings } of this.#strings) if (strings !== null) strings.rows += this.#count;
  }

  #clear(): void {
    for (let column = 0; column < this.#strings.length; column++) this.setNull(column);
  }

  #grow(): void {
    this.#capacity *= 2;
    this.numbers = this.numbers.map((old) => {
      const values = new Float64Array(old.length * 2);
      values.set(old);
      return values;
    });
    this.codes = this.codes.map((old) => {
      const codes = new Int32Array(old.length * 2);
      codes.set(old);
      return codes;
    });
  }
}

function isNumber({ strings, symbols }: ListStrings): boolean {
  return strings === null && symbols === null;
}
