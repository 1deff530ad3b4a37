// What a record means, by @bufbuild/protobuf alone: the columns, or null where it is no event. It shares no code with the
// reader. The package takes any wire type for a field, and messages that are longer than they say: such bytes are sorted out
// before, by its own reader, as Protobuf's other readers do it.
import {
  fromBinary,
  isFieldSet,
  ScalarType,
  type DescField,
  type DescMessage,
  type Message,
} from '@bufbuild/protobuf';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { FeatureSet_FieldPresence as Presence } from '@bufbuild/protobuf/wkt';
import type { ColumnType } from '../../../src/core/columns.ts';
import { exactly } from '../json/exact-oracle.ts';
import { instant, type Expected } from '../json/oracle.ts';

const DEPTH_MAX = 100;
const VARINT_BYTES_MAX = 10;

export class ProtobufOracle {
  readonly #message: DescMessage;
  readonly #columns: Readonly<Record<string, ColumnType>>;
  readonly #eventTime: string;

  constructor(message: DescMessage, columns: Readonly<Record<string, ColumnType>>, eventTime: string) {
    this.#message = message;
    this.#columns = columns;
    this.#eventTime = eventTime;
  }

  decode(bytes: Uint8Array): Expected | null {
    let message: Message;
    try {
      message = fromBinary(this.#message, sorted(bytes, this.#message, 1));
    } catch {
      return null;
    }
    const row: Record<string, number | string | null> = {};
    for (const [name, type] of Object.entries(this.#columns)) {
      const value = this.#column(name, type, message);
      if (value === undefined) return null;
      row[name] = value;
    }
    return row;
  }

  /** Undefined for what does not fit. */
  #column(name: string, type: ColumnType, message: Message): number | string | null | undefined {
    const [value, field] = valueAt(message, this.#message, name.split('.'));
    const isEmptyText = value === '' && !/^(string|enum)/.test(type.type);
    if (value === null || isEmptyText) return type.type.endsWith('?') ? null : undefined;
    const found = this.#value(name, type, value, field);
    return typeof found === 'number' && Number.isNaN(found) ? null : found;
  }

  #value(name: string, type: ColumnType, value: unknown, field: DescField): number | string | undefined {
    const kind = type.type.replace('?', '');
    if (field.enum !== undefined && (kind === 'string' || type.symbols !== undefined)) {
      const symbol = field.enum.values.find(({ number }) => number === value)?.name;
      return kind === 'string' ? symbol : type.symbols?.find((one) => one === symbol);
    }
    if (kind === 'string') return value as string;
    if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
    if (['int64', 'decimal', 'scaled'].includes(kind)) return exactValue(type, value);
    if (kind === 'boolean') return Number(value);
    if (kind === 'timestamp') {
      const ms = timeOf(value);
      return name === this.#eventTime || Math.abs(ms ?? 0) <= 8.64e15 ? ms : undefined;
    }
    if (typeof value === 'object') {
      const { seconds, nanos } = value as { seconds: bigint; nanos: number };
      return Number(seconds) * 1_000 + nanos / 1e6;
    }
    const number = Number(value);
    if (kind === 'int') return number === (number | 0) ? number : undefined;
    if (kind === 'long') return Number.isSafeInteger(number) ? number : undefined;
    return kind === 'float' ? Math.fround(number) : number;
  }
}

/** By the digits, as JSON has them. */
function exactValue(type: ColumnType, value: unknown): number | string | undefined {
  // A Float32 has no JSON that is its nearest Float64 in any case.
  if (typeof value === 'number' && type.type === 'decimal') return value;
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  const row = exactly(`{"x":${text}}`, { x: type }, new Set());
  return row?.['x'] ?? undefined;
}

function timeOf(value: unknown): number | undefined {
  if (typeof value === 'string') return instant(value);
  if (typeof value !== 'object') return Number(value);
  const { seconds, nanos } = value as { seconds: bigint; nanos: number };
  return Number(seconds) * 1_000 + Math.floor(nanos / 1e6);
}

function valueAt(
  message: Message,
  { fields }: DescMessage,
  [name, ...rest]: readonly string[],
): [unknown, DescField] {
  const field = fields.find((one) => one.name === name || one.jsonName === name)!;
  const isSet = isFieldSet(message as never, field);
  if (!isSet && field.presence !== Presence.IMPLICIT) return [null, field];
  const own = message as unknown as Record<string, unknown>;
  const value =
    field.oneof === undefined
      ? own[field.localName]
      : (own[field.oneof.localName] as { readonly value: unknown }).value;
  return rest.length === 0 ? [value, field] : valueAt(value as Message, field.message!, rest);
}

const { Varint, Bit32, Bit64, LengthDelimited } = WireType;
const WIRES: Readonly<Partial<Record<ScalarType, WireType>>> = {
  [ScalarType.STRING]: LengthDelimited,
  [ScalarType.BYTES]: LengthDelimited,
  [ScalarType.DOUBLE]: Bit64,
  [ScalarType.FIXED64]: Bit64,
  [ScalarType.SFIXED64]: Bit64,
  [ScalarType.FLOAT]: Bit32,
  [ScalarType.FIXED32]: Bit32,
  [ScalarType.SFIXED32]: Bit32,
};

function wireOf(field: DescField): WireType {
  if (field.fieldKind === 'message') return LengthDelimited;
  return (field.fieldKind === 'scalar' ? WIRES[field.scalar] : undefined) ?? Varint;
}

/** The fields of the message with their own wire types. @throws for bytes that are no message */
function sorted(bytes: Uint8Array, { fields }: DescMessage, depth: number): Uint8Array {
  const reader = new BinaryReader(bytes);
  const writer = new BinaryWriter();
  while (reader.pos < reader.len) {
    const [no, wire] = reader.tag();
    const field = fields.find(({ number }) => number === no);
    if (field === undefined || wireOf(field) !== wire) skip(reader, no, wire, depth);
    else if (field.fieldKind === 'message')
      writer.tag(no, wire).bytes(sorted(reader.bytes(), field.message, depth + 1));
    else writer.tag(no, wire).raw(skip(reader, no, wire, depth));
  }
  return writer.finish();
}

function skip(reader: BinaryReader, no: number, wire: WireType, depth: number): Uint8Array {
  if (wire === WireType.StartGroup) {
    if (depth >= DEPTH_MAX) throw new Error('too deep');
    for (;;) {
      const [inner, innerWire] = reader.tag();
      if (innerWire === WireType.EndGroup) {
        if (inner !== no) throw new Error('another group');
        return new Uint8Array(0);
      }
      skip(reader, inner, innerWire, depth + 1);
    }
  }
  const data = reader.skip(wire, no);
  if (wire === WireType.Varint && data.length > VARINT_BYTES_MAX) throw new Error('too long');
  return data;
}
