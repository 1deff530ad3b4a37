// Protocol Buffers messages described by tables (control path): a field is a tag and how its values are written and read.
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { MillraceError, messageOf } from '../core/errors.ts';

/** How values of one type are written and read. */
export interface Field<V> {
  readonly write: (to: BinaryWriter, tag: number, value: V) => void;
  /**
   * The value behind a tag of the given wire type; undefined where the field is never of that type. `before` is what
   * earlier occurrences of the field have brought: repeated fields go on from there.
   */
  readonly read: (from: BinaryReader, wireType: WireType, before: V | undefined) => V | undefined;
}

/** The fields of a message by name, in the order of their tags, which is the order in which they are written. */
export type Message<T> = {
  readonly [K in keyof T]-?: readonly [tag: number, field: Field<Exclude<T[K], undefined>>];
};

/** Reads or writes the value alone: its tag comes before it. */
interface Scalar<V> {
  readonly wireType: WireType;
  readonly write: (to: BinaryWriter, value: V) => void;
  readonly read: (from: BinaryReader) => V;
}

/** int32, int64 and enumerations; exact up to 2^53. */
const integer: Scalar<number> = {
  wireType: WireType.Varint,
  write: (to, value) => to.int64(value),
  read: (from) => Number(from.int64()),
};
const single: Scalar<number> = {
  wireType: WireType.Bit32,
  write: (to, value) => to.float(value),
  read: (from) => from.float(),
};
const string: Scalar<string> = {
  wireType: WireType.LengthDelimited,
  write: (to, value) => to.string(value),
  read: (from) => from.string(),
};
/** Read as a view of the message's bytes, not a copy. */
const blob: Scalar<Uint8Array> = {
  wireType: WireType.LengthDelimited,
  write: (to, value) => to.bytes(value),
  read: (from) => from.bytes(),
};

function scalarOf<T extends object>(message: Message<T>): Scalar<T> {
  const fields = fieldsOf(message);
  return {
    wireType: WireType.LengthDelimited,
    write(to, value) {
      to.fork();
      writeFields(to, fields, value);
      to.join();
    },
    read: (from) => readFields(from, fields, endOf(from)) as T, // every field of T may be missing: see the messages
  };
}

/** Where the length-delimited value that begins here ends. */
function endOf(from: BinaryReader): number {
  const length = from.uint32();
  return from.pos + length;
}

function once<V>({ wireType, write, read }: Scalar<V>): Field<V> {
  return {
    write: (to, tag, value) => write(to.tag(tag, wireType), value),
    read: (from, found) => (found === wireType ? read(from) : undefined),
  };
}

function repeated<V>({ wireType, write, read }: Scalar<V>): Field<readonly V[]> {
  return {
    write(to, tag, values) {
      for (const value of values) write(to.tag(tag, wireType), value);
    },
    read(from, found, before) {
      if (found !== wireType) return undefined;
      const values = (before ?? []) as V[]; // begun here: thousands of nodes are appended to one array, not copied
      values.push(read(from));
      return values;
    },
  };
}

/** Numbers are written packed; they are read packed or one by one, as other tools write both. */
function packed({ wireType, write, read }: Scalar<number>): Field<readonly number[]> {
  const single = repeated({ wireType, write, read });
  return {
    write(to, tag, values) {
      if (values.length === 0) return; // as protobufjs does it: the dimensions of a scalar
      to.tag(tag, WireType.LengthDelimited).fork();
      for (const value of values) write(to, value);
      to.join();
    },
    read(from, found, before) {
      if (found !== WireType.LengthDelimited) return single.read(from, found, before);
      const end = endOf(from);
      if (end > from.len) throw new RangeError(`numbers end at byte ${end} of ${from.len}`);
      const values = [...(before ?? [])];
      while (from.pos < end) values.push(read(from));
      return values;
    },
  };
}

export const int: Field<number> = once(integer);
export const float: Field<number> = once(single);
export const text: Field<string> = once(string);
export const bytes: Field<Uint8Array> = once(blob);
export const texts: Field<readonly string[]> = repeated(string);
export const blobs: Field<readonly Uint8Array[]> = repeated(blob);
export const ints: Field<readonly number[]> = packed(integer);
export const floats: Field<readonly number[]> = packed(single);

export function one<T extends object>(message: Message<T>): Field<T> {
  return once(scalarOf(message));
}

export function many<T extends object>(message: Message<T>): Field<readonly T[]> {
  return repeated(scalarOf(message));
}

/** The bytes of a message; fields that are undefined are left out. */
export function encodeMessage<T extends object>(message: Message<T>, value: T): Uint8Array {
  const writer = new BinaryWriter();
  writeFields(writer, fieldsOf(message), value);
  return writer.finish();
}

/** Fields that the table lacks are skipped. @throws MODEL_INVALID where the bytes are no such message */
export function decodeMessage<T extends object>(message: Message<T>, from: Uint8Array): T {
  try {
    return readFields(new BinaryReader(from), fieldsOf(message), from.length) as T; // as in scalarOf
  } catch (cause) {
    throw new MillraceError('MODEL_INVALID', `the bytes are no ONNX model: ${messageOf(cause)}`, { cause });
  }
}

type NamedField = readonly [name: string, field: Field<unknown>];
/** By tag, in the order of the table. */
type Fields = ReadonlyMap<number, NamedField>;

function fieldsOf<T>(message: Message<T>): Fields {
  const entries = Object.entries(message) as Array<[string, readonly [number, Field<unknown>]]>; // Message<T> is that
  return new Map(entries.map(([name, [tag, field]]) => [tag, [name, field]]));
}

function writeFields(to: BinaryWriter, fields: Fields, value: object): void {
  const parts = value as Readonly<Record<string, unknown>>;
  for (const [tag, [name, field]] of fields) {
    const part = parts[name];
    if (part !== undefined) field.write(to, tag, part);
  }
}

function readFields(from: BinaryReader, fields: Fields, end: number): object {
  if (end > from.len) throw new RangeError(`a message ends at byte ${end} of ${from.len}`);
  const value: Record<string, unknown> = {};
  while (from.pos < end) {
    const [tag, wireType] = from.tag();
    const found = fields.get(tag);
    if (found === undefined) {
      from.skip(wireType, tag);
      continue;
    }
    const [name, field] = found;
    const part = field.read(from, wireType, value[name]);
    if (part === undefined) throw new TypeError(`${name} has wire type ${wireType}`);
    value[name] = part;
  }
  if (from.pos !== end) throw new RangeError(`a message ends at byte ${from.pos}, not ${end}`);
  return value;
}
