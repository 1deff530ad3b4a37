// The columns of the record that is being read (hot path): which have a value, and which have one that does not fit. Fields
// may come in any order, several times and not at all.
import type { ValueBuilder } from '../../core/column-builder.ts';

const STAMP_MAX = 2 ** 31 - 1;

/** Why a list does not fit its column: an item does not, as `itemFaults` says. */
export const IN_LIST = 0xff;

export class RowValues {
  /** By column: the stamp if it has a value, -stamp if its last one does not fit, another number if it has none. */
  protected readonly states: Int32Array;
  /** By column, why the last value does not fit. */
  protected readonly misfits: Uint8Array;
  /** By column of lists: what is wrong with an item. */
  protected readonly itemFaults: string[];
  /** The record's own number; 1 for the first, and where the numbers begin again. */
  protected stamp = 0;
  protected into!: ValueBuilder;
  #numbers: ValueBuilder['numbers'] = [];
  #rowAt = 0;
  #valueCount = 0;

  constructor(columnCount: number) {
    this.states = new Int32Array(columnCount);
    this.misfits = new Uint8Array(columnCount);
    this.itemFaults = Array.from({ length: columnCount }, () => '');
  }

  /** Starts a record, without any value. */
  begin(into: ValueBuilder): void {
    this.into = into;
    this.#numbers = into.numbers;
    this.#rowAt = into.row;
    this.#valueCount = 0;
    if (this.stamp === STAMP_MAX) {
      this.stamp = 0;
      this.states.fill(0);
    }
    this.stamp++;
  }

  /** Whether every column has a value. */
  get isFull(): boolean {
    return this.#valueCount === this.states.length;
  }

  number(column: number, value: number): void {
    (this.#numbers[column] as Float64Array)[this.#rowAt] = value;
    this.has(column);
  }

  code(column: number, value: number): void {
    (this.into.codes[column] as Int32Array)[this.#rowAt] = value;
    this.has(column);
  }

  /** The column has been set. */
  has(column: number): void {
    if (this.states[column] === this.stamp) return;
    this.states[column] = this.stamp;
    this.#valueCount++;
  }

  forget(column: number): void {
    if (this.states[column] === this.stamp) this.#valueCount--;
    this.states[column] = 0;
  }

  /** Notes a value that does not fit: a later one of the record may. */
  protected doesNotFit(column: number, why: number): void {
    this.forget(column);
    this.states[column] = -this.stamp;
    this.misfits[column] = why;
  }

  /** @param fault what is wrong with an item of the list */
  misfitItem(column: number, fault: string): void {
    this.itemFaults[column] = fault;
    this.doesNotFit(column, IN_LIST);
  }
}
