// The columns of the message that is being read (hot path): which have a value, and which have one that does not fit. Fields
// may come in any order, several times and not at all.
import type { ColumnBuilder } from '../../core/column-builder.ts';
import type { RequiredTypeName } from '../../core/columns.ts';
import type { MessagePlan } from './message-plan.ts';

/** Why a value does not fit its column. */
export const OUT_OF_RANGE = 0;
export const NO_SYMBOL = 1;
/** A text that is nothing of the column's type. */
export const NO_TEXT = 2;

/** What text is expected of a column. */
const TEXTS: Readonly<Partial<Record<RequiredTypeName, string>>> = {
  timestamp: 'a time with an offset, as in RFC 3339',
  int64: 'an integer of 64 bits',
};

const STAMP_MAX = 2 ** 31 - 1;

export class RowState {
  readonly #columns: MessagePlan['columns'];
  /** By column: the stamp if it has a value, -stamp if its last one does not fit, another number if it has none. */
  readonly #states: Int32Array;
  readonly #misfits: Uint8Array;
  /** By node: the stamp if the record has that message. */
  readonly #nodes: Int32Array;
  /** The record's own number. */
  #stamp = 0;
  #valueCount = 0;
  #into!: ColumnBuilder;
  #numbers: ColumnBuilder['numbers'] = [];
  #rowAt = 0;

  constructor({ columns, nodeCount }: MessagePlan) {
    this.#columns = columns;
    this.#states = new Int32Array(columns.length);
    this.#misfits = new Uint8Array(columns.length);
    this.#nodes = new Int32Array(nodeCount);
  }

  /** Starts a record, without any value. */
  begin(into: ColumnBuilder): void {
    this.#into = into;
    this.#numbers = into.numbers;
    this.#rowAt = into.row;
    this.#valueCount = 0;
    if (this.#stamp === STAMP_MAX) {
      this.#stamp = 0;
      this.#states.fill(0);
      this.#nodes.fill(0);
    }
    this.#stamp++;
  }

  /** Whether nothing is left for `end`. */
  get isFull(): boolean {
    return this.#valueCount === this.#states.length;
  }

  /** The record has that message; whether it is new. */
  enterNode(node: number): boolean {
    if (this.#nodes[node] === this.#stamp) return false;
    this.#nodes[node] = this.#stamp;
    return true;
  }

  leaveNode(node: number): void {
    this.#nodes[node] = 0;
  }

  number(column: number, value: number): void {
    (this.#numbers[column] as Float64Array)[this.#rowAt] = value;
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

  forget(column: number): void {
    if (this.#states[column] === this.#stamp) this.#valueCount--;
    this.#states[column] = 0;
  }

  misfit(column: number, why: number): void {
    this.forget(column);
    this.#states[column] = -this.#stamp;
    this.#misfits[column] = why;
  }

  /** Sets the columns without a value to what they are then. Returns what is wrong with one, or null. */
  end(): string | null {
    for (let column = 0; column < this.#states.length; column++) {
      const state = this.#states[column] as number;
      if (state === this.#stamp) continue;
      if (state === -this.#stamp) return this.#misfitText(column);
      const plan = this.#columns[column] as MessagePlan['columns'][number];
      const { fallback } = plan;
      if (fallback !== null && this.#nodes[plan.node] === this.#stamp) {
        if (typeof fallback === 'number') this.#into.setNumber(column, fallback);
        else this.#into.setString(column, fallback);
      } else if (plan.isNullable) this.#into.setNull(column);
      else return `'${plan.name}' is missing`;
    }
    return null;
  }

  #misfitText(column: number): string {
    const { name, type } = this.#columns[column] as MessagePlan['columns'][number];
    switch (this.#misfits[column] as number) {
      case OUT_OF_RANGE:
        return `'${name}' is outside the range of ${type}`;
      case NO_SYMBOL:
        return `'${name}' is not one of its symbols`;
      default:
        return `'${name}' is not ${TEXTS[type] ?? 'a number'}`;
    }
  }
}
