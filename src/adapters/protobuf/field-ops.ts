// How the bytes of a field become the value of a column (control path, once per schema): by the field's type, and by what the
// column holds.
import { ScalarType, type DescField } from '@bufbuild/protobuf';
import type { EpochUnit, ScalarTypeName } from '../../core/columns.ts';

export const WIRE_VARINT = 0;
export const WIRE_64 = 1;
export const WIRE_BYTES = 2;
export const WIRE_GROUP = 3;
export const WIRE_GROUP_END = 4;
export const WIRE_32 = 5;

/** A member of a oneof that is no column: it unsets the others. */
export const OP_NOTHING = 0;
export const OP_MESSAGE = 1;
export const OP_GROUP = 2;
export const OP_STRING = 3;
/** An instant as text, RFC 3339. */
export const OP_TEXT_TIME = 4;
/** An enum's value as the code of its symbol, as its name, or as its number. */
export const OP_CODE = 5;
export const OP_NAME = 6;
export const OP_ENUM_NUMBER = 7;
export const OP_BOOL = 8;
export const OP_DOUBLE = 9;
export const OP_FLOAT = 10;
export const OP_INT32 = 11;
export const OP_UINT32 = 12;
export const OP_SINT32 = 13;
export const OP_INT64 = 14;
export const OP_UINT64 = 15;
export const OP_SINT64 = 16;
export const OP_FIXED32 = 17;
export const OP_SFIXED32 = 18;
export const OP_FIXED64 = 19;
export const OP_SFIXED64 = 20;
/** Of google.protobuf.Timestamp and Duration, which become milliseconds where the message ends. */
export const OP_SECONDS = 21;
export const OP_NANOS = 22;
/** Bytes, as base64. */
export const OP_BASE64 = 23;
/** Text with the digits of an integer, or with a decimal number. */
export const OP_INT64_TEXT = 24;
export const OP_DECIMAL_TEXT = 25;
export const OP_SCALED_TEXT = 26;
/** An item of a repeated field, several of them packed together, or an entry of a map. */
export const OP_ITEM = 27;
export const OP_PACKED = 28;
export const OP_ENTRY = 29;
/** An instant of a declared unit as text: its number, or RFC 3339. */
export const OP_EPOCH_TEXT = 30;

/** What a number must be in its column. */
export const ANY_NUMBER = 0;
export const FLOAT = 1;
export const INT = 2;
export const LONG = 3;
export const INSTANT = 4;
/** The event time: any instant, as the range of event times has a code of its own. */
export const EVENT_TIME = 5;
/** Of an integer: times a power of ten. */
export const SCALED = 6;
/** Of an integer: the text of its digits. */
export const DIGITS = 7;
/** A number of a declared unit, as an instant or as the event time. */
export const EPOCH = 8;
export const EPOCH_TIME = 9;

interface ScalarOp {
  readonly op: number;
  readonly wire: number;
}

const SCALARS: Readonly<Partial<Record<ScalarType, ScalarOp>>> = {
  [ScalarType.STRING]: { op: OP_STRING, wire: WIRE_BYTES },
  [ScalarType.BOOL]: { op: OP_BOOL, wire: WIRE_VARINT },
  [ScalarType.DOUBLE]: { op: OP_DOUBLE, wire: WIRE_64 },
  [ScalarType.FLOAT]: { op: OP_FLOAT, wire: WIRE_32 },
  [ScalarType.INT32]: { op: OP_INT32, wire: WIRE_VARINT },
  [ScalarType.UINT32]: { op: OP_UINT32, wire: WIRE_VARINT },
  [ScalarType.SINT32]: { op: OP_SINT32, wire: WIRE_VARINT },
  [ScalarType.INT64]: { op: OP_INT64, wire: WIRE_VARINT },
  [ScalarType.UINT64]: { op: OP_UINT64, wire: WIRE_VARINT },
  [ScalarType.SINT64]: { op: OP_SINT64, wire: WIRE_VARINT },
  [ScalarType.FIXED32]: { op: OP_FIXED32, wire: WIRE_32 },
  [ScalarType.SFIXED32]: { op: OP_SFIXED32, wire: WIRE_32 },
  [ScalarType.FIXED64]: { op: OP_FIXED64, wire: WIRE_64 },
  [ScalarType.SFIXED64]: { op: OP_SFIXED64, wire: WIRE_64 },
};

/** How the text of a field becomes what the column holds. */
const TEXTS: Readonly<Partial<Record<ScalarTypeName, number>>> = {
  string: OP_STRING,
  enum: OP_STRING,
  timestamp: OP_TEXT_TIME,
  int64: OP_INT64_TEXT,
  decimal: OP_DECIMAL_TEXT,
  scaled: OP_SCALED_TEXT,
};
/** How an enum's value does. */
const ENUMS: Readonly<Partial<Record<ScalarTypeName, number>>> = {
  string: OP_NAME,
  enum: OP_CODE,
  double: OP_ENUM_NUMBER,
  float: OP_ENUM_NUMBER,
  int: OP_ENUM_NUMBER,
  long: OP_ENUM_NUMBER,
};

const isInteger = (op: number): boolean => op >= OP_INT32 && op <= OP_SFIXED64;
const FRACTIONS: ReadonlySet<ScalarTypeName> = new Set(['double', 'float', 'decimal']);
const INTEGERS: ReadonlySet<ScalarTypeName> = new Set([
  ...FRACTIONS,
  'int',
  'long',
  'timestamp',
  'int64',
  'scaled',
]);

/** Null for a field whose values the column cannot hold. */
export function opOf(field: DescField, type: ScalarTypeName, unit: EpochUnit | null): number | null {
  if (field.fieldKind === 'enum') return ENUMS[type] ?? null;
  if (field.fieldKind !== 'scalar') return null;
  if (field.scalar === ScalarType.BYTES) return type === 'bytes' ? OP_BASE64 : null;
  const op = SCALARS[field.scalar]?.op ?? OP_NOTHING;
  if (op === OP_STRING) return unit === null ? (TEXTS[type] ?? null) : OP_EPOCH_TEXT;
  if (op === OP_DOUBLE && unit !== null) return op;
  if (op === OP_BOOL) return type === 'boolean' ? op : null;
  // A fraction would be lost.
  return (isInteger(op) ? INTEGERS : FRACTIONS).has(type) ? op : null;
}

/** The wire type of a field that is no list or map. */
export function wireOf(field: DescField): number {
  if (field.fieldKind === 'enum') return WIRE_VARINT;
  if (field.fieldKind === 'message') return field.delimitedEncoding ? WIRE_GROUP : WIRE_BYTES;
  return (field.fieldKind === 'scalar' ? SCALARS[field.scalar]?.wire : undefined) ?? WIRE_BYTES;
}

const CHECKS: Readonly<Partial<Record<ScalarTypeName, number>>> = {
  float: FLOAT,
  int: INT,
  long: LONG,
  timestamp: INSTANT,
  int64: DIGITS,
  scaled: SCALED,
};

export function checkOf(type: ScalarTypeName, isEventTime: boolean, unit: EpochUnit | null = null): number {
  if (unit !== null) return isEventTime ? EPOCH_TIME : EPOCH;
  if (isEventTime && (type === 'timestamp' || type === 'long')) return EVENT_TIME;
  return CHECKS[type] ?? ANY_NUMBER;
}
