// The columns of the record that is being read (hot path): which have a value, and which have one that does not fit. Members
// may come in any order, several times and not at all.
import type { ColumnBuilder } from '../../core/column-builder.ts';
import type { ColumnPlan } from './column-tree.ts';
import { expected } from './column-values.ts';

/** Why a value does not fit its column. */
const IS_NULL = 0;
export const OTHER_TYPE = 1;
export const OUT_OF_RANGE = 2;
export const HALF_A_PAIR = 3;
export const NO_OBJECT = 4;

const STAMP_MAX = 2 ** 31 - 1;

export class RowState {
  readonly #plans: readonly ColumnPlan[];
  readonly #isNullable: Uint8Array;
  /** By column: the stamp if it has a value, -stamp if its last one does not fit, another number if it has none. */
  readonly #states: Int32Array;
  readonly #misfits: Uint8Array;
  readonly #misfitAts: Float64Array;
  /** The record's own number. */
  #stamp = 0;
  #valueCount = 0;
  #into!: ColumnBuilder;

  constructor(plans: readonly ColumnPlan[]) {
    this.#plans = plans;
    this.#isNullable = Uint8Array.from(plans, (plan) => Number(plan.isNullable));
    this.#states = new Int32Array(plans.length);
    this.#misfits = new Uint8Array(plans.length);
    this.#misfitAts = new Float64Array(plans.length);
  }

  /** Starts a record, without any value. */
  begin(into: ColumnBuilder): void {
    this.#into = into;
    this.#valueCount = 0;
    if (this.#stamp === STAMP_MAX) {
      this.#stamp = 0;
      this.#states.fill(0);
    }
    this.#stamp++;
  }

  /** Whether nothing is left for `end`. */
  get isFull(): boolean {
    return this.#valueCount === this.#states.length;
  }

  number(column: number, value: number): void {
    (this.#into.numbers[column] as Float64Array)[this.#into.row] = value;
    this.has(column);
  }

  code(column: number, value: number): void {
    (this.#into.codes[column] as Int32Array)[this.#into.row] = value;
    this.has(column);
  }

  /** The column has been set. */
  has(column: number): void {
    if (this.#states[column] === this.#stamp) return;
    this.#states[column] = this.#stamp;
    this.#valueCount++;
  }

  null(column: number, at: number): void {
    if (this.#isNullable[column] === 0) return this.misfit(column, IS_NULL, at);
    this.#into.setNull(column);
    this.has(column);
  }

  forget(column: number): void {
    if (this.#states[column] === this.#stamp) this.#valueCount--;
    this.#states[column] = 0;
  }

  /** @param at position of the value that does not fit */
  misfit(column: number, why: number, at: number): void {
    this.forget(column);
    this.#states[column] = -this.#stamp;
    this.#misfits[column] = why;
    this.#misfitAts[column] = at;
  }

  /**
   * Sets the columns without a value to null. Returns what is wrong with one, or null.
   * @param start position of the record
   */
  end(start: number): string | null {
    for (let column = 0; column < this.#states.length; column++) {
      const state = this.#states[column];
      if (state === this.#stamp) continue;
      if (state === -this.#stamp) return this.#misfitText(column, start);
      if (this.#isNullable[column] === 0) return `'${this.#plans[column]?.name}' is missing`;
      this.#into.setNull(column);
    }
    return null;
  }

  #misfitText(column: number, start: number): string {
    const { name, type } = this.#plans[column] as ColumnPlan;
    const where = `at byte ${(this.#misfitAts[column] as number) - start}`;
    switch (this.#misfits[column] as number) {
      case IS_NULL:
        return `'${name}' is null, ${where}`;
      case OUT_OF_RANGE:
        return `'${name}' is outside the range of ${type}, ${where}`;
      case HALF_A_PAIR:
        return `'${name}' has half a surrogate pair, ${where}`;
      case NO_OBJECT:
        return `'${name}' is in what is no object, ${where}`;
      default:
        return `'${name}' is not ${expected[type]}, ${where}`;
    }
  }
}
