// Avro as its specification and Apache's Java reader have it, for the oracle: reads bytes by the writer's schema, then
// resolves the value to the reader's. It shares no code with the engine.
import type { AvroObject, AvroSchema } from '../avro-schema.ts';

/** These bytes, or this value, have no meaning for the reader. */
export class Unreadable extends Error {}

/** A value with the writer's type, so that resolution knows what it was. */
interface Written {
  readonly schema: AvroSchema;
  readonly value: unknown;
}

type Names = Map<string, AvroObject>;

function fullName({ name = '', namespace }: AvroObject, enclosing: string): string {
  if (name.includes('.')) return name;
  const space = namespace ?? enclosing;
  return space === '' ? name : `${space}.${name}`;
}

/** Types within types beyond it are no schema to the engine; far more than producers have. */
const LEVELS_MAX = 64;

/** Schemas with every named type by its full name, and every name resolved to its definition. */
function collect(schema: AvroSchema, names: Names, enclosing: string, level: number): AvroSchema {
  if (level > LEVELS_MAX) throw new Unreadable('a schema of too many levels');
  if (typeof schema === 'string') return names.get(schema) ?? names.get(`${enclosing}.${schema}`) ?? schema;
  if (Array.isArray(schema))
    return schema.map((branch: AvroSchema) => collect(branch, names, enclosing, level));
  const object = schema as AvroObject;
  if (typeof object.type !== 'string') return collect(object.type, names, enclosing, level);
  if (object.type === 'array')
    return { ...object, items: collect(object.items ?? 'null', names, enclosing, level + 1) };
  if (object.type === 'map')
    return { ...object, values: collect(object.values ?? 'null', names, enclosing, level + 1) };
  if (!['record', 'enum', 'fixed'].includes(object.type)) return object;
  const name = fullName(object, enclosing);
  const space = name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : '';
  const made: { -readonly [K in keyof AvroObject]: AvroObject[K] } = { ...object, name };
  names.set(name, made);
  if (object.fields !== undefined)
    made.fields = object.fields.map((field) => ({
      ...field,
      type: collect(field.type, names, space, level + 1),
    }));
  return made;
}

export function parseAvro(text: string): AvroSchema {
  return collect(JSON.parse(text) as AvroSchema, new Map(), '', 0);
}

function typeOf(schema: AvroSchema): string {
  if (typeof schema === 'string') return schema;
  if (Array.isArray(schema)) return 'union';
  const { type } = schema as AvroObject;
  return typeof type === 'string' ? type : typeOf(type);
}

const nameOf = (schema: AvroSchema): string => (schema as AvroObject).name ?? '';
const shortNameOf = (schema: AvroSchema): string => nameOf(schema).split('.').at(-1) ?? '';

class Bytes {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(count: number): Buffer {
    if (count < 0 || count > this.#bytes.length - this.#at) throw new Unreadable('bytes end early');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  varint(bits: 32 | 64): bigint {
    let value = 0n;
    for (let i = 0; i < (bits === 64 ? 10 : 5); i++) {
      const byte = this.take(1)[0] as number;
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) {
        const whole = BigInt.asUintN(bits, value);
        return BigInt.asIntN(bits, (whole >> 1n) ^ -(whole & 1n));
      }
    }
    throw new Unreadable('a number has too many bytes');
  }

  count(): number {
    return Number(this.varint(64));
  }
}

function readBlocks(bytes: Bytes, item: () => void): void {
  for (let count = bytes.count(); count !== 0; count = bytes.count()) {
    if (count < 0) bytes.count(); // the block's size in bytes
    for (let i = 0; i < Math.abs(count); i++) item();
  }
}

const utf8 = (bytes: Bytes): string => bytes.take(bytes.count()).toString('utf8');

function readComplex(schema: AvroObject, bytes: Bytes): unknown {
  switch (schema.type) {
    case 'record':
      return new Map((schema.fields ?? []).map(({ name, type }) => [name, read(type, bytes)]));
    case 'enum': {
      const symbol = schema.symbols?.[bytes.count()];
      if (symbol === undefined) throw new Unreadable('an enum has no such symbol');
      return symbol;
    }
    case 'fixed':
      return bytes.take(schema.size ?? 0);
    case 'array': {
      const items: Written[] = [];
      readBlocks(bytes, () => items.push(read(schema.items ?? 'null', bytes)));
      return items;
    }
    case 'map': {
      const entries = new Map<string, Written>();
      readBlocks(bytes, () => entries.set(utf8(bytes), read(schema.values ?? 'null', bytes)));
      return entries;
    }
    default:
      throw new Unreadable(`unknown type ${typeOf(schema)}`);
  }
}

/** Numbers of type long stay bigints, so that no time loses its last digits. */
function read(schema: AvroSchema, bytes: Bytes): Written {
  if (Array.isArray(schema)) {
    const branch = (schema as readonly AvroSchema[])[bytes.count()];
    if (branch === undefined) throw new Unreadable('a union has no such branch');
    return read(branch, bytes);
  }
  switch (typeOf(schema)) {
    case 'null':
      return { schema, value: null };
    case 'boolean':
      return { schema, value: bytes.take(1)[0] === 1 };
    case 'int':
      return { schema, value: bytes.varint(32) };
    case 'long':
      return { schema, value: bytes.varint(64) };
    case 'float':
      return { schema, value: bytes.take(4).readFloatLE() };
    case 'double':
      return { schema, value: bytes.take(8).readDoubleLE() };
    case 'string':
      return { schema, value: utf8(bytes) };
    case 'bytes':
      return { schema, value: bytes.take(bytes.count()) };
    default:
      return { schema, value: readComplex(schema as AvroObject, bytes) };
  }
}

const PROMOTIONS: Readonly<Record<string, readonly string[]>> = {
  int: ['int', 'long', 'float', 'double'],
  long: ['long', 'float', 'double'],
  float: ['float', 'double'],
  double: ['double'],
  string: ['string', 'bytes'],
  bytes: ['bytes', 'string'],
};

/** Whether the reader's type can take the writer's, names included, as a branch of a union is chosen. */
function matches(writer: AvroSchema, reader: AvroSchema): boolean {
  const from = typeOf(writer);
  const to = typeOf(reader);
  if (['record', 'enum', 'fixed'].includes(from))
    return from === to && shortNameOf(writer) === shortNameOf(reader);
  return from === to || (PROMOTIONS[from]?.includes(to) ?? false);
}

function promoted(value: unknown, to: string): unknown {
  if (to === 'string' && Buffer.isBuffer(value)) return value.toString('utf8');
  if (to === 'bytes' && typeof value === 'string') return Buffer.from(value, 'utf8');
  if (to === 'float') return Math.fround(Number(value));
  if (to === 'double') return Number(value);
  return value;
}

function resolve(written: Written, reader: AvroSchema): unknown {
  if (Array.isArray(reader)) {
    const branches = reader as readonly AvroSchema[];
    const branch =
      branches.find(
        (each) => typeOf(each) === typeOf(written.schema) && nameOf(each) === nameOf(written.schema),
      ) ?? branches.find((each) => matches(written.schema, each));
    if (branch === undefined) throw new Unreadable('no branch of the union takes the value');
    return resolve(written, branch);
  }
  const from = typeOf(written.schema);
  const to = typeOf(reader);
  if (PROMOTIONS[from] !== undefined) {
    if (!PROMOTIONS[from].includes(to)) throw new Unreadable(`${from} is no ${to}`);
    return promoted(written.value, to);
  }
  if (from !== to) throw new Unreadable(`${from} is no ${to}`);
  switch (to) {
    case 'record':
      return resolveRecord(written.value as ReadonlyMap<string, Written>, reader as AvroObject);
    case 'enum':
      return resolveEnum(written.value as string, reader as AvroObject);
    default:
      return written.value;
  }
}

function resolveEnum(symbol: string, { symbols = [], default: fallback }: AvroObject): string {
  if (symbols.includes(symbol)) return symbol;
  if (typeof fallback === 'string') return fallback;
  throw new Unreadable('the reader has no such symbol');
}

function resolveRecord(
  fields: ReadonlyMap<string, Written>,
  reader: AvroObject,
): ReadonlyMap<string, unknown> {
  const out = new Map<string, unknown>();
  for (const { name, type, aliases = [], default: fallback } of reader.fields ?? []) {
    const written = [name, ...aliases].map((each) => fields.get(each)).find((each) => each !== undefined);
    if (written !== undefined) out.set(name, resolve(written, type));
    else if (fallback !== undefined) out.set(name, fallback);
    else throw new Unreadable(`the writer has no field ${name}, and the reader no default`);
  }
  return out;
}

/** The record as the reader sees it, by field; longs are bigints. @throws Unreadable */
export function readAvro(
  bytes: Buffer,
  writer: AvroSchema,
  reader: AvroSchema,
): ReadonlyMap<string, unknown> {
  const input = new Bytes(bytes);
  const written = read(writer, input);
  if (!input.isAtEnd) throw new Unreadable('bytes follow the record');
  return resolve(written, reader) as ReadonlyMap<string, unknown>; // the reader's schema is a record
}
