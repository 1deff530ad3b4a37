// The engine's own view of a record: a flat set of named columns (control path).

/**
 * `number`: Float64, null is NaN; integers, timestamps (ms) and booleans (0 or 1) are numbers too.
 * `string`: dictionary-encoded, null is NULL_CODE; enums are strings too.
 */
export type ColumnKind = 'number' | 'string';

export interface ColumnSpec {
  readonly kind: ColumnKind;
  readonly nullable: boolean;
  /** All values of an enum, whose positions are the column's codes. Left out: any string, with a growing dictionary. */
  readonly symbols?: readonly string[];
}

/** Column name to its kind, in the order of the record's fields. A column's position here is its number in a ColumnBuilder. */
export type Schema = { readonly [name: string]: ColumnSpec };
