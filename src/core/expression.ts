// An expression over the columns of a batch: what `derive`, `map`, `filter`, predicates, rules and derived features compute
// (types; the calls are on the hot path, once a batch).
import type { Batch, Column } from './batch.ts';
import type { ColumnType } from './columns.ts';

/** What an expression gives: a boolean is a number column of 1 and 0. Each may be null. */
export type ExpressionKind = 'number' | 'string' | 'boolean';

/** Rows for which a function of the topology threw, with where and why. */
export type FailedRows = Map<number, string>;

/** The part of a batch that expressions look at. */
export type ExpressionRows = Pick<Batch, 'size' | 'rows' | 'columns'>;

/**
 * Computes the column for the live rows, and adds to `failed` those for which it cannot. The column is valid until the next
 * call: its arrays are used again.
 */
export type Evaluate = (rows: ExpressionRows, failed: FailedRows) => Column;

/**
 * A column computed from others.
 * @typeParam Reads the columns that it reads: 'amount: number'
 */
export interface Expression<Reads extends string = string, Kind extends ExpressionKind = ExpressionKind> {
  readonly kind: Kind;
  readonly reads: readonly Reads[];
  /** As it is written: `divide(amount, limit)`. A function is named by its inputs and a hash of its source. */
  readonly text: string;
  /** Whether it looks into the text of its strings: that of a hash says nothing. */
  readonly looksIntoText?: boolean;
  /**
   * Opens it for one partition.
   * @param where it stands, for errors
   */
  readonly open: (where: string) => Evaluate;
}

/** The type of a column that an expression of this kind gives. */
export type TypeOfKind<Kind extends ExpressionKind> = ColumnType<
  Kind extends 'string' ? 'string?' : Kind extends 'boolean' ? 'boolean?' : 'double?'
>;

const TYPES = { number: 'double?', string: 'string?', boolean: 'boolean?' } as const;

/** The same at run time. */
export function typeOfKind(kind: ExpressionKind): ColumnType {
  return { type: TYPES[kind] };
}

/** The kind of the column: 'number' or 'string'. */
export function columnKindOf(kind: ExpressionKind): 'number' | 'string' {
  return kind === 'string' ? 'string' : 'number';
}

export function isExpression(value: unknown): value is Expression {
  return (
    typeof value === 'object' &&
    value !== null &&
    'open' in value &&
    typeof value.open === 'function' &&
    'kind' in value &&
    typeof value.kind === 'string' &&
    value.kind in TYPES &&
    'reads' in value &&
    'text' in value
  );
}
