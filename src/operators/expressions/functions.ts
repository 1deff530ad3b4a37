// Expressions by a function of the topology's own (hot path): of a row, or of whole columns.
import type { Column, DictColumn } from '../../core/batch.ts';
import type { NumberRead } from '../../core/columns.ts';
import { invariant } from '../../core/errors.ts';
import type { Evaluate, Expression, FailedRows } from '../../core/expression.ts';
import { shown } from '../../core/option-checks.ts';
import { stringHash } from '../../core/string-hash.ts';
import {
  declared,
  numberOperand,
  numericRows,
  operandReads,
  textOperand,
  textRows,
  type Operand,
} from './operands.ts';
import { isExpression } from '../../core/expression.ts';
import { thrownMessage, type AnyFunction } from './row-function.ts';

/** What a function of a row takes: the name of a number column, `text('name')` for a string column, or any expression. */
export type Input = string | Expression;

/** What a function is called with: a number, NaN for null, or a string or null. */
export type InputValues<I extends readonly Input[]> = {
  readonly [K in keyof I]: I[K] extends Expression<string, 'string'> ? string | null : number;
};

/** The columns that inputs read. */
export type InputReads<I extends Input> =
  I extends Expression<infer Reads> ? Reads : I extends string ? NumberRead<I> : never;

interface Checked {
  readonly operands: readonly Operand[];
  readonly problems: readonly string[];
}

function checked(inputs: unknown, call: unknown): Checked {
  const list: readonly unknown[] = Array.isArray(inputs) ? inputs : [];
  return {
    operands: list.map((input) =>
      isExpression(input) && input.kind === 'string' ? textOperand(input) : numberOperand(input),
    ),
    problems: [
      ...list
        .filter((input) => typeof input === 'number')
        .map((input) => `${input} is no column: the function may have it itself`),
      ...(list.length > 0 ? [] : [`${shown(inputs)} is no list of columns`]),
      ...(typeof call === 'function' ? [] : [`${shown(call)} is no function`]),
    ],
  };
}

/** A function is named by its source: what it captures is not in it. */
function functionText(name: string, { operands }: Checked, call: unknown): string {
  const inputs = operands.map(({ expression }) => expression.text).join(', ');
  return `${name}(${inputs}; ${stringHash(String(call)).toString(36)})`;
}

/**
 * A number column, by a function of a row: NaN is null. The function is pure and total: it may be called more than once for
 * a row, and for rows that an earlier stage refuses; of string columns alone it is called once for each combination of
 * values.
 * @example numberFrom(['amount', text('currency')], (amount, currency) => amount * rateOf(currency))
 */
export function numberFrom<const I extends readonly Input[]>(
  inputs: I,
  call: (...values: InputValues<I>) => number,
): Expression<InputReads<I[number]>, 'number'> {
  const parts = checked(inputs, call);
  const text = functionText('numberFrom', parts, call);
  return numericRows('number', { ...parts, call: call as AnyFunction, text }); // InputValues says what it takes
}

/**
 * A string column, by a function of a row: null is null. The function is pure and total, as that of `numberFrom`.
 * @example stringFrom([text('origin'), text('dest')], (origin, dest) => `${origin}-${dest}`)
 */
export function stringFrom<const I extends readonly Input[]>(
  inputs: I,
  call: (...values: InputValues<I>) => string | null,
): Expression<InputReads<I[number]>, 'string'> {
  const parts = checked(inputs, call);
  const text = functionText('stringFrom', parts, call);
  return textRows({ ...parts, call: call as AnyFunction, text }); // InputValues says what it takes
}

/**
 * A boolean, by a function of a row: for `filter`, predicates and rules. The function is pure, as that of `numberFrom`.
 * @example filter(rowsWhere(['amount', 'limit'], (amount, limit) => amount <= limit))
 */
export function rowsWhere<const I extends readonly Input[]>(
  inputs: I,
  test: (...values: InputValues<I>) => boolean,
): Expression<InputReads<I[number]>, 'boolean'> {
  const parts = checked(inputs, test);
  const text = functionText('rowsWhere', parts, test);
  return numericRows('boolean', {
    ...parts,
    call: test as AnyFunction, // InputValues says what it takes
    text,
    looksIntoText: parts.operands.some(({ expression }) => expression.kind === 'string'),
  });
}

/** What a function of whole columns takes: values with NaN for null, or codes with their dictionary. */
export type InputArrays<I extends readonly Input[]> = {
  readonly [K in keyof I]: I[K] extends Expression<string, 'string'> ? DictColumn : Float64Array;
};

/**
 * A number column, by a function of whole columns, for what a function of a row is too slow for: it sets `into[row]` for
 * each of `rows`, and modifies nothing else. `into` begins as NaN.
 * @example
 * numbersFrom(['amount'], (into, rows, amount) => {
 *   for (const row of rows) into[row] = Math.log1p(amount[row]);
 * })
 */
export function numbersFrom<const I extends readonly Input[]>(
  inputs: I,
  fill: (into: Float64Array, rows: Int32Array, ...columns: InputArrays<I>) => void,
): Expression<InputReads<I[number]>, 'number'> {
  const parts = checked(inputs, fill);
  const { operands, problems } = parts;
  const expression: Expression<InputReads<I[number]>, 'number'> = {
    kind: 'number',
    reads: operandReads(operands) as Array<InputReads<I[number]>>, // input by input
    text: functionText('numbersFrom', parts, fill),
    open(where): Evaluate {
      const opened = operands.map(({ expression: input }) => input.open(where));
      return (batch, failed) => {
        const values = new Float64Array(batch.size).fill(Number.NaN);
        const arrays = opened.map((evaluate) => arrayOf(evaluate(batch, failed)));
        fillColumns(
          values,
          batch.rows,
          { where, failed },
          (rows) => fill(values, rows, ...(arrays as unknown as InputArrays<I>)), // input by input
        );
        return { kind: 'number', values };
      };
    },
  };
  return declared(expression, operands, problems);
}

function arrayOf(column: Column): Float64Array | DictColumn {
  invariant(column.kind !== 'list', 'an operand is no list');
  return column.kind === 'number' ? column.values : column;
}

interface Failing {
  readonly where: string;
  readonly failed: FailedRows;
}

/** All rows together; if that throws, each by itself, so that one does not take the others with it. */
function fillColumns(
  values: Float64Array,
  rows: Int32Array,
  { where, failed }: Failing,
  fill: (rows: Int32Array) => void,
): void {
  try {
    fill(rows);
  } catch {
    for (const row of rows) {
      try {
        fill(Int32Array.of(row));
      } catch (error) {
        values[row] = Number.NaN;
        failed.set(row, thrownMessage(where, error));
      }
    }
  }
}
