// What a number of JSON is in a column of each type (hot path), and what is expected there.
import type { ScalarTypeName } from '../../core/columns.ts';
import { unitName } from '../../core/epoch-number.ts';
import { DATE_MS_MAX } from '../../core/event-limits.ts';
import type { ColumnPlan } from './column-tree.ts';

export const OP_STRING = 0;
export const OP_ENUM = 1;
export const OP_BOOLEAN = 2;
const OP_DOUBLE = 3;
const OP_FLOAT = 4;
const OP_INT = 5;
const OP_LONG = 6;
export const OP_TIMESTAMP = 7;
/** The event time as a timestamp or a long: any number is read, as the range of event times has a code of its own. */
export const OP_TIME = 8;
const OP_LONG_TIME = 9;
export const OP_INT64 = 10;
export const OP_BYTES = 11;
export const OP_DECIMAL = 12;
export const OP_SCALED = 13;
/** As Kafka Connect writes them. */
export const OP_CONNECT_TIME = 14;
export const OP_CONNECT_DECIMAL = 15;
/** A timestamp of a declared unit. */
export const OP_EPOCH = 16;

const OP_OF: Readonly<Record<ScalarTypeName, number>> = {
  string: OP_STRING,
  enum: OP_ENUM,
  boolean: OP_BOOLEAN,
  double: OP_DOUBLE,
  float: OP_FLOAT,
  int: OP_INT,
  long: OP_LONG,
  timestamp: OP_TIMESTAMP,
  int64: OP_INT64,
  bytes: OP_BYTES,
  decimal: OP_DECIMAL,
  scaled: OP_SCALED,
};

/** How to read a column. */
export function opOf(plan: ColumnPlan, eventTime: string): number {
  const op = valueOp(plan, eventTime);
  const isTime = op === OP_TIMESTAMP || op === OP_TIME || op === OP_LONG_TIME;
  if (plan.unit !== null) return OP_EPOCH;
  if (plan.encoding === null) return op;
  if (isTime) return (plan.encoding.unit ?? 'ms') === 'ms' ? op : OP_CONNECT_TIME;
  return CONNECT_DECIMALS.includes(op) ? OP_CONNECT_DECIMAL : op;
}

/** Columns that a decimal number may be in. */
const CONNECT_DECIMALS = [OP_DECIMAL, OP_SCALED, OP_STRING, OP_INT64, OP_DOUBLE, OP_FLOAT, OP_INT, OP_LONG];

/** What the values of a column are, however they are written. */
export function valueOp({ name, type }: ColumnPlan, eventTime: string): number {
  const op = OP_OF[type];
  if (name !== eventTime) return op;
  return op === OP_TIMESTAMP ? OP_TIME : op === OP_LONG ? OP_LONG_TIME : op;
}

/** For messages: `'amount' is not …`. */
export function expectedIn({ type, unit }: Pick<ColumnPlan, 'type' | 'unit'>): string {
  if (unit === null) return expected[type];
  return `a number of ${unitName(unit)} since 1970, or the text of one or of a time with an offset`;
}

const expected: Readonly<Record<ScalarTypeName, string>> = {
  string: 'a string',
  enum: 'one of its symbols',
  boolean: 'true or false',
  double: 'a number',
  float: 'a number',
  int: 'an integer',
  long: 'an integer',
  timestamp: 'a number of milliseconds or a time with an offset, as in RFC 3339',
  int64: 'an integer of 64 bits, or its digits in a string',
  bytes: 'a string in base64',
  decimal: 'a number, or a string with one',
  scaled: 'a number, or a string with one, of so many digits behind the point',
};

/** The value of a number in a column, by its op; NaN if it is none. */
export function numberIn(op: number, value: number): number {
  switch (op) {
    case OP_DOUBLE:
    case OP_DECIMAL:
      return finite(value);
    case OP_FLOAT:
      return finite(Math.fround(value));
    case OP_INT:
      return value === (value | 0) ? value | 0 : Number.NaN;
    case OP_LONG:
      return Number.isSafeInteger(value) ? value + 0 : Number.NaN; // -0 is an integer's 0
    case OP_TIMESTAMP:
      return Math.abs(value) <= DATE_MS_MAX ? Math.floor(value) + 0 : Number.NaN;
    case OP_TIME:
      return finite(Math.floor(value) + 0);
    case OP_LONG_TIME:
      return Number.isInteger(value) ? value + 0 : Number.NaN;
    default:
      return Number.NaN;
  }
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN;
}

/** Whether a number that is no value of a column is one of a larger type. */
export function isOutOfRange(op: number, value: number): boolean {
  return op >= OP_DOUBLE && op !== OP_BYTES && (Number.isInteger(value) || !Number.isFinite(value));
}
