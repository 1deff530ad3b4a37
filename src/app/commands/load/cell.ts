// The value of a source's column from the value of a file (control path).
import type { ScalarTypeName } from '../../../core/columns.ts';
import { instantOfIso } from '../../../core/instant.ts';
import { decimalOf, int64Of, isBase64Text, scaledOf } from '../../../core/exact-values.ts';
import { shown } from '../../../core/option-checks.ts';
import type { ColumnSpec } from '../../../core/schema.ts';
import { instantText, isEventTime } from '../../../core/time.ts';
import { TimeOfDay, UnionValue } from '../../../core/file-values.ts';
import type { EventScalar } from '../../../ports/format.ts';
import { epochMsOf, likelyUnit, unitName, type EpochUnit } from '../../../core/epoch-number.ts';

/** A column of the source, as far as a file's values depend on it. */
export interface TargetColumn extends ColumnSpec {
  readonly name: string;
  /** As the topology declares it, of a list its items; null if its columns come from a schema file. */
  readonly type: ScalarTypeName | null;
  readonly isEventTime: boolean;
  /** Of a scaled number: the digits behind the point. */
  readonly digits: number;
  readonly unit: EpochUnit;
  /** Wall clock, ms, by which an event time of another unit is refused; null: none is. */
  readonly nowMs: number | null;
}

type Value = EventScalar;

/** Why a value is none of its column. */
export class CellFault extends Error {
  readonly column: string;

  constructor(column: string, what: string) {
    super(what);
    this.column = column;
  }
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const WHOLE = /^[+-]?\d+$/;
const BOOLEANS: ReadonlyMap<string, boolean> = new Map(
  ['true', 't', 'yes', 'y', '1'].flatMap((yes, i) => [
    [yes, true],
    [['false', 'f', 'no', 'n', '0'][i] as string, false], // the lists are of one length
  ]),
);
const INT_MAX = 2 ** 31 - 1;
const TIME_OF_DAY = 'it is a time of day, which is no instant';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws CellFault */
export function cellOf(found: unknown, column: TargetColumn): Value {
  if (found === null || found === undefined) {
    if (column.nullable) return null;
    throw new CellFault(column.name, 'there is no value, and the column is not nullable');
  }
  const value = plainValue(found, column);
  if (column.type === 'int64') return int64In(value, column);
  if (column.type === 'bytes') return base64In(value, column);
  if (column.type === 'decimal' || column.type === 'scaled') return decimalIn(value, column);
  if (column.kind === 'string') return symbolOf(textOf(value, column), column);
  if (column.isEventTime || column.type === 'timestamp') return instantOf(value, column);
  return numberOf(value, column);
}

function plainValue(given: unknown, column: TargetColumn): unknown {
  const found = given instanceof UnionValue ? given.value : given;
  // Writers of Parquet files may leave out that bytes are text.
  if (found instanceof Uint8Array && column.type !== 'bytes') return textIn(found, column);
  if (!(found instanceof TimeOfDay)) return found;
  const { name, isEventTime: isTime, type } = column;
  if (isTime) throw new CellFault(name, `${TIME_OF_DAY}: the event time has a date as well`);
  if (type === 'timestamp') throw new CellFault(name, `${TIME_OF_DAY}: declare the column as long`);
  return found.units;
}

function textIn(bytes: Uint8Array, column: TargetColumn): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new CellFault(
      column.name,
      `${bytes.length} bytes are no text in UTF-8: declare the column as bytes`,
    );
  }
}

function int64In(value: unknown, column: TargetColumn): string {
  const digits = int64Of(typeof value === 'string' ? value.trim() : value);
  if (digits === null) throw wrong(value, column, 'no integer of 64 bits');
  return digits;
}

function base64In(value: unknown, column: TargetColumn): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (!isBase64Text(value)) throw wrong(value, column, 'neither bytes nor text in base64');
  return value as string; // it is one
}

function decimalIn(value: unknown, column: TargetColumn): number {
  const given = typeof value === 'string' ? value.trim() : value;
  const number = column.type === 'decimal' ? decimalOf(given) : scaledOf(given, column.digits);
  if (Number.isNaN(number))
    throw wrong(
      value,
      column,
      column.type === 'decimal'
        ? 'no decimal number'
        : `no decimal number below 2^53 with at most ${column.digits} digits behind the point`,
    );
  return number;
}

function wrong(value: unknown, { name }: TargetColumn, what: string): CellFault {
  return new CellFault(name, `${shownValue(value)} is ${what}`);
}

function shownValue(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'object' ? 'an object or a list' : shown(value);
}

function textOf(value: unknown, column: TargetColumn): string {
  if (typeof value === 'string') return value;
  // The digits of a number that was rounded are not those of the file.
  if (typeof value === 'bigint' || typeof value === 'boolean' || Number.isSafeInteger(value))
    return String(value);
  if (value instanceof Date) return value.toISOString();
  throw wrong(value, column, 'no text');
}

function symbolOf(text: string, column: TargetColumn): string {
  const { symbols } = column;
  if (symbols === undefined || symbols.includes(text)) return text;
  throw wrong(
    text,
    column,
    `none of ${symbols.slice(0, 10).join(', ')}${symbols.length > 10 ? ', ...' : ''}`,
  );
}

function instantOf(value: unknown, column: TargetColumn): number {
  const ms = instantIn(value, column);
  if (Number.isNaN(ms)) throw wrong(value, column, 'no instant');
  if (!column.isEventTime) return ms;
  const number = column.nowMs === null ? null : numberIn(value);
  if (number !== null && column.nowMs !== null) {
    const unit = likelyUnit(number, column.unit, column.nowMs);
    if (unit !== null) throw wrongUnit(number, unit, column);
  }
  if (isEventTime(ms)) return ms;
  throw wrong(value, column, `no instant between 1900 and 2300, as ${column.unit} since 1970`);
}

function wrongUnit(number: number | bigint | string, unit: EpochUnit, column: TargetColumn): CellFault {
  const [here, there] = [column.unit, unit].map((one) => instantText(epochMsOf(number, one)));
  return new CellFault(
    column.name,
    `${number} is ${here} in ${unitName(column.unit)} since 1970, and ${there} in ${unitName(unit)}: declare the column as ${typeIn(unit)}, or give --time-unit ${unit}`,
  );
}

function typeIn(unit: EpochUnit): string {
  return unit === 'ms' ? 'timestamp' : `timestampIn('${unit}')`;
}

function instantIn(value: unknown, { unit }: TargetColumn): number {
  if (value instanceof Date) return value.getTime();
  const number = numberIn(value);
  if (number !== null) return epochMsOf(number, unit);
  return typeof value === 'string' ? instantOfIso(value.trim()) : Number.NaN;
}

/** A number, or the text of one; null for anything else. */
function numberIn(value: unknown): number | bigint | string | null {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  if (typeof value !== 'string') return null;
  const text = value.trim();
  if (WHOLE.test(text)) return BigInt(text.replace('+', ''));
  // As JSON has numbers: with a digit in front of the point and one behind.
  return NUMBER.test(text)
    ? text
        .replace(/^\+/, '')
        .replace(/^(-?)\./, '$10.')
        .replace(/\.(?!\d)/, '')
    : null;
}

function numberOf(value: unknown, column: TargetColumn): Value {
  const { type } = column;
  if (type === 'boolean') return booleanOf(value, column);
  if (typeof value === 'boolean') {
    if (type === null) return value;
    throw wrong(value, column, 'no number');
  }
  if (typeof value === 'bigint') return exactNumber(Number(value), value, column);
  if (typeof value === 'number') return exactNumber(value, value, column);
  if (typeof value !== 'string') throw wrong(value, column, 'no number');
  const text = value.trim();
  if (NUMBER.test(text)) return exactNumber(Number(text), text, column);
  const truth = type === null && /^(true|false)$/i.test(text) ? BOOLEANS.get(text.toLowerCase()) : undefined;
  if (truth === undefined) throw wrong(value, column, 'no number');
  return truth;
}

function booleanOf(value: unknown, column: TargetColumn): boolean {
  if (typeof value === 'boolean') return value;
  const isText = typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint';
  const truth = isText ? BOOLEANS.get(String(value).trim().toLowerCase()) : undefined;
  if (truth === undefined) throw wrong(value, column, 'neither true nor false');
  return truth;
}

/** @param given the number as the file has it, which `value` may have rounded */
function exactNumber(value: number, given: number | bigint | string, column: TargetColumn): number {
  const { type } = column;
  if (!Number.isFinite(value)) throw wrong(given, column, 'no finite number');
  const isWhole = type === 'int' || type === 'long';
  if (isWhole && !Number.isInteger(value)) throw wrong(given, column, 'no whole number');
  if (type === 'int' && Math.abs(value) > INT_MAX && value !== -INT_MAX - 1)
    throw wrong(given, column, 'beyond 32 bits');
  const isDigits = typeof given === 'bigint' || (typeof given === 'string' && WHOLE.test(given));
  if ((isWhole || (type === null && isDigits)) && !Number.isSafeInteger(value))
    throw wrong(given, column, 'beyond 2^53, where numbers lose digits: declare the column as a string');
  return value;
}
