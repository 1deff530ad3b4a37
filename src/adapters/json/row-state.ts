// The columns of the record that is being read (hot path): what is null, and what is wrong with a member and where.
import type { RowFault } from '../shared/row-reader.ts';
import { IN_LIST, RowValues } from '../shared/row-values.ts';
import type { ColumnPlan } from './column-tree.ts';
import { expectedIn } from './column-values.ts';

/** Why a value does not fit its column. */
const IS_NULL = 0;
export const OTHER_TYPE = 1;
export const OUT_OF_RANGE = 2;
export const HALF_A_PAIR = 3;
export const NO_OBJECT = 4;

export class RowState extends RowValues {
  readonly #plans: readonly ColumnPlan[];
  readonly #isNullable: Uint8Array;
  readonly #misfitAts: Float64Array;

  constructor(plans: readonly ColumnPlan[]) {
    super(plans.length);
    this.#plans = plans;
    this.#isNullable = Uint8Array.from(plans, (plan) => Number(plan.isNullable));
    this.#misfitAts = new Float64Array(plans.length);
  }

  null(column: number, at: number): void {
    if (this.#isNullable[column] === 0) return this.misfit(column, IS_NULL, at);
    this.into.setNull(column);
    this.has(column);
  }

  /** @param at position of the value that does not fit */
  misfit(column: number, why: number, at: number): void {
    this.doesNotFit(column, why);
    this.#misfitAts[column] = at;
  }

  /**
   * Sets the columns without a value to null. Returns what is wrong with one, or null.
   * @param start position of the record
   */
  end(start: number): string | null {
    for (let column = 0; column < this.states.length; column++) {
      const state = this.states[column];
      if (state === this.stamp) continue;
      if (state === -this.stamp) return this.#misfitText(column, start);
      if (this.#isNullable[column] === 0) return `'${this.#plans[column]?.name}' is missing`;
      this.into.setNull(column);
    }
    return null;
  }

  #misfitText(column: number, start: number): string {
    const plan = this.#plans[column] as ColumnPlan;
    const { name, type, list } = plan;
    const where = `at byte ${(this.#misfitAts[column] as number) - start}`;
    switch (this.misfits[column] as number) {
      case IS_NULL:
        return `'${name}' is null, ${where}`;
      case OUT_OF_RANGE:
        return `'${name}' is outside the range of ${type}, ${where}`;
      case HALF_A_PAIR:
        return `'${name}' has half a surrogate pair, ${where}`;
      case IN_LIST:
        return this.itemFaults[column] as string;
      case NO_OBJECT:
        if (list !== null) return `'${name}' is not a ${list.part === 'items' ? 'list' : 'map'}, ${where}`;
        return `'${name}' is in what is no object, ${where}`;
      default:
        return `'${name}' is not ${expectedIn(plan)}, ${where}`;
    }
  }
}

export function malformed(message: string): RowFault {
  return { code: 'EVENT_MALFORMED', message };
}
