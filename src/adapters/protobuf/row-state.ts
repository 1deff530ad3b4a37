// The columns of the message that is being read (hot path): which messages are there, what an absent field means, and what
// is wrong with one.
import type { ColumnBuilder, ValueBuilder } from '../../core/column-builder.ts';
import type { ScalarTypeName } from '../../core/columns.ts';
import { unitName } from '../../core/epoch-number.ts';
import { IN_LIST, RowValues } from '../shared/row-values.ts';
import type { MessagePlan } from './message-plan.ts';

/** Why a value does not fit its column. */
export const OUT_OF_RANGE = 0;
export const NO_SYMBOL = 1;
/** A text that is nothing of the column's type. */
export const NO_TEXT = 2;

/** What text is expected of a column. */
const TEXTS: Readonly<Partial<Record<ScalarTypeName, string>>> = {
  timestamp: 'a time with an offset, as in RFC 3339',
  int64: 'an integer of 64 bits',
};

export class RowState extends RowValues {
  readonly #columns: MessagePlan['columns'];
  /** By node: the stamp if the record has that message. */
  readonly #nodes: Int32Array;

  constructor({ columns, nodeCount }: MessagePlan) {
    super(columns.length);
    this.#columns = columns;
    this.#nodes = new Int32Array(nodeCount);
  }

  override begin(into: ValueBuilder): void {
    super.begin(into);
    if (this.stamp === 1) this.#nodes.fill(0);
  }

  /** The record has that message; whether it is new. */
  enterNode(node: number): boolean {
    if (this.#nodes[node] === this.stamp) return false;
    this.#nodes[node] = this.stamp;
    return true;
  }

  leaveNode(node: number): void {
    this.#nodes[node] = 0;
  }

  misfit(column: number, why: number): void {
    this.doesNotFit(column, why);
  }

  /** Whether the column has a value, or one that does not fit. */
  isTouched(column: number): boolean {
    return Math.abs(this.states[column] as number) === this.stamp;
  }

  /**
   * Sets the columns without a value to what they are then. Returns what is wrong with one, or null.
   * @param lists what builds the lists of the record; empty for an item of a list
   */
  end(lists: ColumnBuilder['lists']): string | null {
    for (let column = 0; column < this.states.length; column++) {
      const state = this.states[column] as number;
      if (state === this.stamp) continue;
      if (state === -this.stamp) return this.#misfitText(column);
      const plan = this.#columns[column] as MessagePlan['columns'][number];
      const { fallback } = plan;
      if (plan.isList && this.#nodes[plan.node] === this.stamp) lists[column]?.begin();
      else if (fallback !== null && this.#nodes[plan.node] === this.stamp) {
        if (typeof fallback === 'number') this.into.setNumber(column, fallback);
        else this.into.setString(column, fallback);
      } else if (plan.isNullable) this.into.setNull(column);
      else return `'${plan.name}' is missing`;
    }
    return null;
  }

  #misfitText(column: number): string {
    const { name, type, unit } = this.#columns[column] as MessagePlan['columns'][number];
    switch (this.misfits[column] as number) {
      case IN_LIST:
        return this.itemFaults[column] as string;
      case OUT_OF_RANGE:
        return `'${name}' is outside the range of ${type}`;
      case NO_SYMBOL:
        return `'${name}' is not one of its symbols`;
      default:
        return `'${name}' is not ${unit === null ? (TEXTS[type] ?? 'a number') : `a number of ${unitName(unit)}, or a time with an offset`}`;
    }
  }
}
