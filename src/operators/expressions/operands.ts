// What expressions are made of (control path declares them; what they open is on the hot path): columns, constants, and
// functions of rows.
import { stringColumn, anyColumn, numberColumn } from '../../core/columns.ts';
import type { AnyRead, NumberRead, StringRead } from '../../core/columns.ts';
import { defined } from '../../core/definition.ts';
import { Dictionary, NULL_CODE } from '../../core/dictionary.ts';
import { MillraceError } from '../../core/errors.ts';
import {
  isExpression,
  type Evaluate,
  type Expression,
  type ExpressionKind,
  type ExpressionRows,
  type FailedRows,
} from '../../core/expression.ts';
import { DICTIONARY_SIZE_MAX } from '../../core/event-limits.ts';
import { shown, type OptionProblem } from '../../core/option-checks.ts';
import { RowFunction, rowLoop, type AnyFunction } from './row-function.ts';

/** A number: the name of a number column, a constant, or an expression; of a boolean, 1 for true and 0 for false. */
export type NumberOperand = string | number | Expression<string, 'number' | 'boolean'>;
/** A string: the name of a string column, or an expression. */
export type TextOperand = string | Expression<string, 'string'>;
/** True or false: the name of a boolean column, or an expression. */
export type BooleanOperand = string | Expression<string, 'boolean'>;

/** The columns that a number, or a boolean, reads. */
export type NumberReads<A extends NumberOperand> =
  A extends Expression<infer Reads> ? Reads : A extends string ? NumberRead<A> : never;
/** The columns that a string reads. */
export type TextReads<A extends TextOperand> =
  A extends Expression<infer Reads> ? Reads : A extends string ? StringRead<A> : never;

/** An operand, and what is wrong with what was given for it. */
export interface Operand {
  readonly expression: Expression;
  readonly problem: string | null;
}

/** A column as it is, of either kind. @param kind null for any */
function columnReference(column: string, kind: 'number' | 'string' | null, read: string): Expression {
  return {
    kind: kind ?? 'number',
    reads: [read],
    text: column,
    open: (where): Evaluate => {
      return ({ columns }) => {
        const found = columns[column];
        if (found !== undefined && (kind === null || found.kind === kind)) return found;
        throw new MillraceError('TOPOLOGY_INVALID', `there is no ${kind ?? ''} column '${column}'`, {
          where,
        });
      };
    },
  };
}

/**
 * A string column as an input of a function of rows.
 * @example stringFrom([text('origin'), text('dest')], (origin, dest) => `${origin}-${dest}`)
 */
export function stringReference<const C extends string>(column: C): Expression<StringRead<C>, 'string'> {
  const expression = columnReference(column, 'string', stringColumn(column));
  const problem = isName(column) ? [] : [['', `${shown(column)} is no name of a column`] as const];
  return defined(expression, { given: {}, problems: problem }) as Expression<StringRead<C>, 'string'>; // as given
}

/** A column of either kind. */
export function anyOperand(given: unknown): Operand {
  if (isExpression(given)) return { expression: given, problem: null };
  if (isName(given)) return { expression: columnReference(given, null, anyColumn(given)), problem: null };
  return { expression: constant(Number.NaN), problem: `${shown(given)} is no column and no expression` };
}

export type AnyReads<A extends string | Expression> =
  A extends Expression<infer Reads> ? Reads : A extends string ? AnyRead<A> : never;

function constant(value: number): Expression<never, 'number'> {
  return {
    kind: 'number',
    reads: [],
    text: String(value),
    open: () => {
      let values = new Float64Array(0);
      return ({ size }) => {
        if (values.length < size) values = new Float64Array(size).fill(value);
        return { kind: 'number', values };
      };
    },
  };
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

export function numberOperand(given: unknown): Operand {
  if (isName(given))
    return { expression: columnReference(given, 'number', numberColumn(given)), problem: null };
  if (typeof given === 'number' && Number.isFinite(given))
    return { expression: constant(given), problem: null };
  if (isExpression(given) && given.kind !== 'string') return { expression: given, problem: null };
  const problem = isExpression(given)
    ? `${given.text} is a string, and a number is needed`
    : `${shown(given)} is no number: give the name of a column, a constant or an expression`;
  return { expression: constant(Number.NaN), problem };
}

export function textOperand(given: unknown): Operand {
  if (isName(given))
    return { expression: columnReference(given, 'string', stringColumn(given)), problem: null };
  if (isExpression(given) && given.kind === 'string') return { expression: given, problem: null };
  const problem = isExpression(given)
    ? `${given.text} is a ${given.kind}, and a string is needed`
    : `${shown(given)} is no string: give the name of a column or an expression`;
  return { expression: constant(Number.NaN), problem };
}

/** Declares an expression of operands; `given` is what its function was called with. */
export function declared<Reads extends string, Kind extends ExpressionKind>(
  expression: Expression<Reads, Kind>,
  operands: readonly Operand[],
  more: readonly string[] = [],
): Expression<Reads, Kind> {
  const problems: OptionProblem[] = [
    ...operands.flatMap(({ problem }) => (problem === null ? [] : [['', problem] as const])),
    ...more.map((what) => ['', what] as const),
  ];
  return defined(expression, { given: operands.map(({ expression: inner }) => inner), problems });
}

/** The columns that operands read, each once. */
export function operandReads(operands: readonly Operand[]): string[] {
  return [...new Set(operands.flatMap(({ expression }) => expression.reads))];
}

interface Rowwise {
  readonly operands: readonly Operand[];
  readonly call: AnyFunction;
  readonly text: string;
  readonly problems?: readonly string[];
  readonly looksIntoText?: boolean;
}

/** Opens the operands, and the function over them. */
function opener({ operands, call }: Rowwise): (where: string, wrapped?: AnyFunction) => RowFunction {
  const loop = rowLoop(operands.length);
  const isText = operands.map(({ expression }) => expression.kind === 'string');
  return (where, wrapped = call) =>
    new RowFunction(
      operands.map(({ expression }) => expression.open(where)),
      { isText, call: wrapped, loop },
      where,
    );
}

/** A number, or 1, 0 and NaN for a boolean, by a function of a row. */
export function numericRows<Reads extends string, Kind extends 'number' | 'boolean'>(
  kind: Kind,
  rowwise: Rowwise,
): Expression<Reads, Kind> {
  const open = opener(rowwise);
  const expression: Expression<Reads, Kind> = {
    kind,
    reads: operandReads(rowwise.operands) as Reads[], // as the declaration of the function says
    text: rowwise.text,
    looksIntoText: rowwise.looksIntoText === true,
    open(where) {
      const rows = open(where);
      let values = new Float64Array(0);
      return (batch, failed) => {
        if (values.length < batch.size) values = new Float64Array(batch.size);
        rows.fill(batch, values, failed);
        return { kind: 'number', values };
      };
    },
  };
  return declared(expression, rowwise.operands, rowwise.problems);
}

/** A string or null, by a function of a row. */
export function textRows<Reads extends string>(rowwise: Rowwise): Expression<Reads, 'string'> {
  const open = opener(rowwise);
  const expression: Expression<Reads, 'string'> = {
    kind: 'string',
    reads: operandReads(rowwise.operands) as Reads[], // as the declaration of the function says
    text: rowwise.text,
    looksIntoText: rowwise.looksIntoText === true,
    open(where) {
      const openedFor = (dictionary: Dictionary): RowFunction =>
        open(where, (...values) => encoded(rowwise.call(...values), dictionary));
      let dictionary = new Dictionary();
      let rows = openedFor(dictionary);
      let codes = new Int32Array(0);
      const own: FailedRows = new Map();
      return (batch: ExpressionRows, failed: FailedRows) => {
        if (dictionary.size > DICTIONARY_SIZE_MAX) {
          dictionary = new Dictionary();
          rows = openedFor(dictionary);
        }
        if (codes.length < batch.size) codes = new Int32Array(batch.size);
        own.clear();
        rows.fill(batch, codes, own);
        for (const [row, why] of own) {
          codes[row] = NULL_CODE;
          failed.set(row, why);
        }
        return { kind: 'string', codes, dictionary };
      };
    },
  };
  return declared(expression, rowwise.operands, rowwise.problems);
}

function encoded(value: unknown, dictionary: Dictionary): number {
  if (typeof value === 'string') return dictionary.encode(value);
  if (value === null || value === undefined) return NULL_CODE;
  throw new TypeError(`it returned a ${typeof value} where a string or null belongs`);
}

/** `divide(amount, limit)` */
export function callText(name: string, parts: readonly Operand[], more: readonly unknown[] = []): string {
  const operands = parts.map(({ expression }) => expression.text);
  return `${name}(${[...operands, ...more.map((value) => JSON.stringify(value))].join(', ')})`;
}
