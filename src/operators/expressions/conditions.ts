// Comparisons and conditions of columns (hot path). As in SQL, a comparison with null is null, and null is unknown to `not`,
// `allOf` and `anyOf`: false and null is false, true or null is true.
import { isNullAt } from '../../core/batch.ts';
import type { Evaluate, Expression } from '../../core/expression.ts';
import {
  anyOperand,
  callText,
  declared,
  numberOperand,
  numericRows,
  operandReads,
  type AnyReads,
  type BooleanOperand,
  type NumberOperand,
  type NumberReads,
} from './operands.ts';
import { numbersOf } from './arithmetic.ts';
import type { AnyFunction } from './row-function.ts';

/** True, false or null, computed from numbers. @param call gives 1, 0 or NaN */
function booleansOf<A extends NumberOperand>(
  name: string,
  given: readonly A[],
  call: (...values: number[]) => number,
): Expression<NumberReads<A>, 'boolean'> {
  const operands = given.map((one) => numberOperand(one));
  return numericRows('boolean', { operands, call: call as AnyFunction, text: callText(name, operands) });
}

const isUnknown = (x: number, y: number): boolean => Number.isNaN(x) || Number.isNaN(y);

/** Whether two numbers are equal; `text.same` compares strings. */
export function equal<const A extends NumberOperand, const B extends NumberOperand>(
  a: A,
  b: B,
): Expression<NumberReads<A | B>, 'boolean'> {
  return booleansOf<A | B>('equal', [a, b], (x, y) => (isUnknown(x, y) ? Number.NaN : Number(x === y)));
}

/** Whether two numbers differ. */
export function notEqual<const A extends NumberOperand, const B extends NumberOperand>(
  a: A,
  b: B,
): Expression<NumberReads<A | B>, 'boolean'> {
  return booleansOf<A | B>('notEqual', [a, b], (x, y) => (isUnknown(x, y) ? Number.NaN : Number(x !== y)));
}

/** Whether `a` is above `b`. */
export function greater<const A extends NumberOperand, const B extends NumberOperand>(
  a: A,
  b: B,
): Expression<NumberReads<A | B>, 'boolean'> {
  return booleansOf<A | B>('greater', [a, b], (x, y) => (isUnknown(x, y) ? Number.NaN : Number(x > y)));
}

/** Whether `a` is at least `b`. */
export function greaterEqual<const A extends NumberOperand, const B extends NumberOperand>(
  a: A,
  b: B,
): Expression<NumberReads<A | B>, 'boolean'> {
  return booleansOf<A | B>('greaterEqual', [a, b], (x, y) => (isUnknown(x, y) ? Number.NaN : Number(x >= y)));
}

/** Whether `a` is below `b`. */
export function less<const A extends NumberOperand, const B extends NumberOperand>(
  a: A,
  b: B,
): Expression<NumberReads<A | B>, 'boolean'> {
  return booleansOf<A | B>('less', [a, b], (x, y) => (isUnknown(x, y) ? Number.NaN : Number(x < y)));
}

/** Whether `a` is at most `b`. */
export function lessEqual<const A extends NumberOperand, const B extends NumberOperand>(
  a: A,
  b: B,
): Expression<NumberReads<A | B>, 'boolean'> {
  return booleansOf<A | B>('lessEqual', [a, b], (x, y) => (isUnknown(x, y) ? Number.NaN : Number(x <= y)));
}

/** Whether all of the conditions hold: false if one is false, else null if one is null. */
export function allOf<const A extends readonly BooleanOperand[]>(
  ...conditions: A
): Expression<NumberReads<A[number]>, 'boolean'> {
  return booleansOf<A[number]>('allOf', conditions, (...values) => {
    let all = 1;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (value === 0) return 0;
      if (value !== 1) all = Number.NaN;
    }
    return all;
  });
}

/** Whether any of the conditions holds: true if one is true, else null if one is null. */
export function anyOf<const A extends readonly BooleanOperand[]>(
  ...conditions: A
): Expression<NumberReads<A[number]>, 'boolean'> {
  return booleansOf<A[number]>('anyOf', conditions, (...values) => {
    let any = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (value === 1) return 1;
      if (value !== 0) any = Number.NaN;
    }
    return any;
  });
}

/** The opposite; null of null. */
export function not<const A extends BooleanOperand>(condition: A): Expression<NumberReads<A>, 'boolean'> {
  return booleansOf('not', [condition], (x) => 1 - x);
}

/** Whether a column, of either kind, or an expression is null. It is never null itself. */
export function isNull<const A extends string | Expression>(column: A): Expression<AnyReads<A>, 'boolean'> {
  const operand = anyOperand(column);
  const expression: Expression<AnyReads<A>, 'boolean'> = {
    kind: 'boolean',
    reads: operandReads([operand]) as Array<AnyReads<A>>, // of the one operand
    text: callText('isNull', [operand]),
    open(where): Evaluate {
      const evaluate = operand.expression.open(where);
      let into = new Float64Array(0);
      return (batch, failed) => {
        if (into.length < batch.size) into = new Float64Array(batch.size);
        const column = evaluate(batch, failed);
        const { rows } = batch;
        for (let i = 0; i < rows.length; i++) {
          const row = rows[i] as number;
          into[row] = isNullAt(column, row) ? 1 : 0;
        }
        return { kind: 'number', values: into };
      };
    },
  };
  return declared(expression, [operand]);
}

/** The first number that is not null; null if all are. */
export function coalesce<const A extends readonly NumberOperand[]>(
  ...operands: A
): Expression<NumberReads<A[number]>, 'number'> {
  return numbersOf<A[number]>('coalesce', operands, (...values) => {
    for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i])) return values[i] as number;
    return Number.NaN;
  });
}

/**
 * One of two numbers, by a condition; a condition that is null chooses the second.
 * @example when(greater('amount', 0), 'amount', 0)
 */
export function when<
  const C extends BooleanOperand,
  const A extends NumberOperand,
  const B extends NumberOperand,
>(condition: C, then: A, otherwise: B): Expression<NumberReads<C | A | B>, 'number'> {
  return numbersOf<C | A | B>('when', [condition, then, otherwise], (is, a, b) => (is === 1 ? a : b));
}
