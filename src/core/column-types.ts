// The types of columns, as a topology declares them (control path):
// { id: string, amount: double, note: nullable(string), at: timestamp }
import type { ColumnType, EpochUnit, RequiredTypeName, ScalarTypeName } from './columns.ts';

export const string: ColumnType<'string'> = { type: 'string' };
/** 64-bit floating point. */
export const double: ColumnType<'double'> = { type: 'double' };
/** 32-bit floating point. */
export const float: ColumnType<'float'> = { type: 'float' };
/** 32-bit integer. */
export const int: ColumnType<'int'> = { type: 'int' };
/** A whole number below 2^53, to the stages a number; `int64` has those beyond. */
export const long: ColumnType<'long'> = { type: 'long' };
/** A number to the stages: 1 for true, 0 for false. */
export const boolean: ColumnType<'boolean'> = { type: 'boolean' };
/** Milliseconds since the epoch; `timestampIn` has numbers of other units. */
export const timestamp: ColumnType<'timestamp'> = { type: 'timestamp' };

/**
 * An instant whose numbers count another unit since 1970, with a fraction or without, also as text. To the stages it is
 * milliseconds, rounded down: of micro- and nanoseconds no digit is lost before.
 * @param unit `s`, `ms`, `us`, `ns` or `days`
 * @example { at: timestampIn('s') } // 1700000000, 1700000000.123, '1700000000'
 */
export function timestampIn(unit: EpochUnit): ColumnType<'timestamp'> {
  return { type: 'timestamp', unit };
}

/**
 * A 64-bit integer of any size, signed or not, to the stages the string of its digits: for keys and ids, of which no digit
 * may be lost.
 */
export const int64: ColumnType<'int64'> = { type: 'int64' };
/** Bytes, to the stages a string in base64 (RFC 4648, section 4, with padding). */
export const bytes: ColumnType<'bytes'> = { type: 'bytes' };
/**
 * A decimal number, or the text of one: to the stages the nearest 64-bit floating point number, which has 15 digits of it
 * exactly.
 */
export const decimal: ColumnType<'decimal'> = { type: 'decimal' };

/**
 * A decimal number, or the text of one, without loss: to the stages the integer of its smallest unit, `12.5` as 1250 with two
 * digits. A number with more digits behind the point, or beyond 2^53 of these units, does not fit.
 * @param digits behind the point, 0 to 15
 * @example { amount: scaled(2) } // cents
 */
export function scaled(digits: number): ColumnType<'scaled'> {
  return { type: 'scaled', digits };
}

/**
 * One of a closed set of strings, a byte each in the log.
 * @param symbols letters, digits and underscores; a symbol that is added later goes to the end
 */
export function enumeration(symbols: readonly string[]): ColumnType<'enum'> {
  return { type: 'enum', symbols };
}

/**
 * A list of values: an array, a repeated field, or the keys or values of a map. The values are of any type but lists, and may
 * be nullable.
 * @example { tags: list(string), 'items[].price': list(double), 'attrs.keys()': list(string) }
 */
export function list<T extends ScalarTypeName | `${ScalarTypeName}?`>(
  items: ColumnType<T>,
): ColumnType<`list(${T})`> {
  return { ...items, type: `list(${items.type})` };
}

/** The same type, or null; null is the default of a field that an event lacks. */
export function nullable<T extends RequiredTypeName>(column: ColumnType<T>): ColumnType<`${T}?`> {
  return { ...column, type: `${column.type}?` };
}
