// The types of columns, as a topology declares them (control path):
// { id: string, amount: double, note: nullable(string), at: timestamp }
import type { ColumnType, RequiredTypeName } from './columns.ts';

export const string: ColumnType<'string'> = { type: 'string' };
/** 64-bit floating point. */
export const double: ColumnType<'double'> = { type: 'double' };
/** 32-bit floating point. */
export const float: ColumnType<'float'> = { type: 'float' };
/** 32-bit integer. */
export const int: ColumnType<'int'> = { type: 'int' };
/** 64-bit integer; above 2^53 it loses precision, as every number of JavaScript does. */
export const long: ColumnType<'long'> = { type: 'long' };
/** A number to the stages: 1 for true, 0 for false. */
export const boolean: ColumnType<'boolean'> = { type: 'boolean' };
/** Milliseconds since the epoch. */
export const timestamp: ColumnType<'timestamp'> = { type: 'timestamp' };

/**
 * One of a closed set of strings, a byte each in the log.
 * @param symbols letters, digits and underscores; a symbol that is added later goes to the end
 */
export function enumeration(symbols: readonly string[]): ColumnType<'enum'> {
  return { type: 'enum', symbols };
}

/** The same type, or null; null is the default of a field that an event lacks. */
export function nullable<T extends RequiredTypeName>(column: ColumnType<T>): ColumnType<`${T}?`> {
  return { ...column, type: `${column.type}?` };
}
