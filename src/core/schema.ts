// The engine's own view of a record: a flat set of named columns (control path).
import { isTextType, itemType, requiredType, scalarType, type ColumnType, type Columns } from './columns.ts';

/**
 * `number`: Float64, null is NaN; integers, timestamps (ms) and booleans (0 or 1) are numbers too.
 * `string`: dictionary-encoded, null is NULL_CODE; enums are strings too.
 */
export type ScalarKind = 'number' | 'string';

/** Lists of such values. */
export type ListKind = `${ScalarKind}[]`;

export type ColumnKind = ScalarKind | ListKind;

/** Whether the columns of a kind hold lists. */
export function isListKind(kind: ColumnKind): kind is ListKind {
  return kind === 'number[]' || kind === 'string[]';
}

/** The kind of a column's values, of those of its lists. */
export function itemKind(kind: ColumnKind): ScalarKind {
  return kind === 'number' || kind === 'number[]' ? 'number' : 'string';
}

export interface ColumnSpec {
  readonly kind: ColumnKind;
  readonly nullable: boolean;
  /** All values of an enum, whose positions are the column's codes. Left out: any string, with a growing dictionary. */
  readonly symbols?: readonly string[];
  /** Of lists: whether their values may be null. */
  readonly nullableItems?: boolean;
}

/** Column name to its kind, in the order of the record's fields. A column's position here is its number in a ColumnBuilder. */
export type Schema = { readonly [name: string]: ColumnSpec };

/** The names of the columns that hold lists. */
export function listColumns(schema: Schema): ReadonlySet<string> {
  return new Set(Object.keys(schema).filter((name) => isListKind((schema[name] as ColumnSpec).kind)));
}

/** The engine's view of a column of that type. */
export function columnSpec(column: ColumnType): ColumnSpec {
  const { type, symbols } = column;
  const item = itemType(column);
  const kind = isTextType(scalarType(column)) ? 'string' : 'number';
  return {
    kind: item === null ? kind : `${kind}[]`,
    nullable: requiredType(column) !== type,
    ...(symbols === undefined ? {} : { symbols }),
    ...(item?.type.endsWith('?') === true && { nullableItems: true }),
  };
}

/** The engine's view of declared columns. */
export function schemaOf(columns: Columns): Schema {
  return Object.fromEntries(Object.entries(columns).map(([name, type]) => [name, columnSpec(type)]));
}
