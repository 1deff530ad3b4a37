// What a JSON value must be for a column (control path, chosen once a column).
import { LIST_ITEMS_MAX } from '../../core/event-limits.ts';
import { isListKind, itemKind } from '../../core/schema.ts';
import { itemType } from '../../core/columns.ts';
import type { EventScalar } from '../../ports/format.ts';
import { requiredType, type ColumnType, type EpochUnit } from '../../core/columns.ts';
import { epochMsOf, unitName } from '../../core/epoch-number.ts';
import { decimalOf, int64Of, isBase64Text, scaledOf } from '../../core/exact-values.ts';
import { instantOf } from '../../core/instant.ts';
import { NAME_LENGTH_MAX } from '../../core/topology-limits.ts';
import type { ColumnSpec } from '../../core/schema.ts';
import { isInstant } from '../../core/time.ts';
import { suggestion } from '../../core/unknown-keys.ts';
import type { EventRow } from '../../ports/format.ts';

/** A clause, or what makes it: a suggestion takes as long as many checks, and only the first faults are described. */
export type Reason = string | (() => string);

/**
 * Null, or why the value is none of the column. It repeats nothing of the value.
 * @param row in which the value is replaced by that of the column: an instant that is text by its milliseconds
 */
export type ValueCheck = (
  value: NonNullable<EventRow[string]>,
  row: Record<string, EventRow[string]>,
  name: string,
) => Reason | null;

const INT_MAX = 0x7fff_ffff;

/**
 * @param declared by the topology; null if the column comes from a schema file
 * @param isEventTime which may be text, whatever its type, and counts milliseconds unless another unit is declared
 */
export function valueCheck(
  { kind, symbols, nullableItems = false }: ColumnSpec,
  declared: ColumnType | null,
  isEventTime: boolean,
): ValueCheck {
  if (isListKind(kind)) {
    const item = declared === null ? null : itemType(declared);
    const ofItem = {
      kind: itemKind(kind),
      nullable: nullableItems,
      ...(symbols !== undefined && { symbols }),
    };
    return listOf(valueCheck(ofItem, item, false), nullableItems);
  }
  return EXACT_TYPES.has(declared === null ? '' : requiredType(declared)) || declared?.unit !== undefined
    ? scalarCheck({ kind, symbols }, declared, isEventTime)
    : rounding(scalarCheck({ kind, symbols }, declared, isEventTime));
}

/** Types whose columns take all digits of a number. */
const EXACT_TYPES: ReadonlySet<string> = new Set(['int64', 'decimal', 'scaled']);

/** A number with more digits than a Float64 is what JSON.parse makes of it. */
function rounding(check: ValueCheck): ValueCheck {
  return (value, row, name) => {
    if (!isWide(value)) return check(value, row, name);
    const rounded = Number(value);
    row[name] = rounded;
    return check(rounded, row, name);
  };
}

/** No value of an event is one, but JSON has them. */
function isWide(value: unknown): value is bigint {
  return typeof value === 'bigint';
}

function scalarCheck(
  { kind, symbols }: Pick<ColumnSpec, 'kind'> & { readonly symbols: ColumnSpec['symbols'] | undefined },
  declared: ColumnType | null,
  isEventTime: boolean,
): ValueCheck {
  if (symbols !== undefined) return oneOf(symbols);
  if (declared?.unit !== undefined) return instantIn(declared.unit);
  if (isEventTime) return instant;
  if (declared !== null) {
    const type = requiredType(declared);
    return type === 'scaled' ? scaledBy(declared.digits ?? 0) : (checks[type] ?? any);
  }
  if (kind === 'string') return text;
  // Of a schema file alone the kind is known: the encoder refuses what its type does not take.
  return numeric;
}

const any: ValueCheck = () => null;

const text: ValueCheck = (value) => {
  if (typeof value !== 'string') return `it is ${aOf(value)}, not a string`;
  return value.isWellFormed() ? null : 'it is no Unicode text: it has half of a surrogate pair';
};

const number: ValueCheck = (value) => {
  if (typeof value !== 'number') return `it is ${aOf(value)}, not a number`;
  return Number.isFinite(value) ? null : 'it is beyond the range of a 64-bit number';
};

const int: ValueCheck = (value) => {
  if (typeof value !== 'number') return `it is ${aOf(value)}, not an integer`;
  if (!Number.isInteger(value)) return 'it is no integer';
  return value >= -INT_MAX - 1 && value <= INT_MAX ? null : 'it is beyond the range of a 32-bit integer';
};

const long: ValueCheck = (value) => {
  if (typeof value !== 'number') return `it is ${aOf(value)}, not an integer`;
  if (!Number.isInteger(value)) return 'it is no integer';
  return Number.isSafeInteger(value) ? null : 'it is an integer beyond 2^53, which a column would round';
};

const float: ValueCheck = (value, row, name) => {
  const problem = number(value, row, name);
  if (problem !== null) return problem;
  return Number.isFinite(Math.fround(value as number)) ? null : 'it is beyond the range of a 32-bit number';
};

const flag: ValueCheck = (value) =>
  typeof value === 'boolean' || value === 0 || value === 1 ? null : `it is ${aOf(value)}, not true or false`;

const instant: ValueCheck = (value, row, name) => {
  if (typeof value === 'string') {
    const ms = instantOf(value);
    if (Number.isNaN(ms)) return NO_INSTANT;
    row[name] = ms;
    return null;
  }
  if (typeof value !== 'number') return `it is ${aOf(value)}, not an instant`;
  return Number.isInteger(value)
    ? null
    : "it is no integer of milliseconds since 1970: if it counts another unit, declare the column as timestampIn('s')";
};

const NO_INSTANT =
  "it is no instant: write milliseconds since 1970, or 2026-05-01T12:00:00Z; a column of other numbers is declared as timestampIn('s')";

/** A number of a declared unit, or the text of one, or of a time. */
function instantIn(unit: EpochUnit): ValueCheck {
  return (value, row, name) => {
    if (typeof value !== 'string' && typeof value !== 'number' && !isWide(value))
      return `it is ${aOf(value)}, not an instant`;
    const ms = epochMsOf(value, unit);
    if (!isInstant(ms))
      return `it is no instant: write ${unitName(unit)} since 1970, or 2026-05-01T12:00:00Z`;
    row[name] = ms;
    return null;
  };
}

/** A number, a flag or, for a column that holds a time, an instant. */
const numeric: ValueCheck = (value, row, name) => {
  if (typeof value === 'string')
    return instant(value, row, name) === null ? null : 'it is a string, not a number';
  return typeof value === 'boolean' ? null : number(value, row, name);
};

const int64: ValueCheck = (value, row, name) => {
  const digits = int64Of(value);
  if (digits !== null) {
    row[name] = digits;
    return null;
  }
  return typeof value === 'number' && Number.isInteger(value)
    ? 'it is a number beyond 2^53 with an exponent, which has lost digits: write them all'
    : 'it is no integer of 64 bits';
};

const base64: ValueCheck = (value) => (isBase64Text(value) ? null : 'it is no text in base64');

const decimal: ValueCheck = (value, row, name) => {
  const number = decimalOf(value);
  if (Number.isNaN(number)) return 'it is no decimal number';
  row[name] = number;
  return null;
};

function scaledBy(digits: number): ValueCheck {
  return (value, row, name) => {
    const number = scaledOf(value, digits);
    if (Number.isNaN(number))
      return `it is no decimal number below 2^53 with at most ${digits} digits behind the point`;
    row[name] = number;
    return null;
  };
}

const checks: Readonly<Partial<Record<string, ValueCheck>>> = {
  string: text,
  double: number,
  float,
  int,
  long,
  boolean: flag,
  timestamp: instant,
  int64,
  bytes: base64,
  decimal,
};

function listOf(check: ValueCheck, nullableItems: boolean): ValueCheck {
  return (value, row, name) => {
    if (!Array.isArray(value)) return `it is ${aOf(value)}, not a list`;
    if (value.length > LIST_ITEMS_MAX) return `it has more than ${LIST_ITEMS_MAX} items`;
    const items = [...(value as readonly EventScalar[])];
    for (const [i, item] of items.entries()) {
      if (item === null && nullableItems) continue;
      const own: Record<string, EventRow[string]> = {};
      const problem = item === null ? 'it is null' : check(item, own, name);
      if (problem !== null) return () => `item ${i}: ${typeof problem === 'string' ? problem : problem()}`;
      if (Object.hasOwn(own, name)) items[i] = own[name] as EventScalar; // of a check of scalars
    }
    row[name] = items;
    return null;
  };
}

function oneOf(symbols: readonly string[]): ValueCheck {
  const known = new Set<unknown>(symbols);
  return (value) => {
    if (known.has(value)) return null;
    if (typeof value !== 'string') return `it is ${aOf(value)}, not a string`;
    return () => `it is none of its symbols${suggestion(value.slice(0, NAME_LENGTH_MAX), symbols)}`;
  };
}

function aOf(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  return `a ${typeof value}`;
}
