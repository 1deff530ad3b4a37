// Writes Avro binary from a schema and a value, as the specification says: what producers put into their records. Of a union
// the branch is the first that takes the value; `{ branch, value }` names it.
import type { AvroField, AvroObject, AvroSchema } from './avro-schema.ts';

export interface Branch {
  readonly branch: number;
  readonly value: unknown;
}

function isBranch(value: unknown): value is Branch {
  return typeof value === 'object' && value !== null && 'branch' in value;
}

type Names = Map<string, AvroObject>;

function varint(value: bigint): Buffer {
  let zigzag = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const bytes: number[] = [];
  while (zigzag > 0x7fn) {
    bytes.push(Number(zigzag & 0x7fn) | 0x80);
    zigzag >>= 7n;
  }
  bytes.push(Number(zigzag));
  return Buffer.from(bytes);
}

const long = (value: unknown): Buffer => varint(BigInt(value as number | bigint));

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([long(bytes.length), bytes]);
}

function takes(schema: AvroSchema, value: unknown, names: Names): boolean {
  const type = typeof schema === 'string' ? schema : Array.isArray(schema) ? 'union' : typeName(schema);
  if (value === null) return type === 'null';
  if (typeof value === 'string')
    return type === 'string' || type === 'enum' || names.get(type)?.type === 'enum';
  if (typeof value === 'boolean') return type === 'boolean';
  if (typeof value === 'number' || typeof value === 'bigint')
    return ['int', 'long', 'float', 'double'].includes(type);
  return !['null', 'string', 'boolean', 'int', 'long', 'float', 'double'].includes(type);
}

function typeName(schema: AvroSchema): string {
  const { type } = schema as AvroObject; // callers have handled names and unions
  return typeof type === 'string' ? type : 'nested';
}

function union(branches: readonly AvroSchema[], value: unknown, names: Names): Buffer {
  const index = isBranch(value) ? value.branch : branches.findIndex((branch) => takes(branch, value, names));
  const branch = branches[index];
  if (branch === undefined) throw new Error(`no branch for ${String(value)}`);
  return Buffer.concat([long(index), write(branch, isBranch(value) ? value.value : value, names)]);
}

function complex(schema: AvroObject, value: unknown, names: Names): Buffer {
  if (schema.name !== undefined) names.set(schema.name, schema);
  if (typeof schema.type !== 'string') return write(schema.type, value, names);
  switch (schema.type) {
    case 'record': {
      const row = value as Readonly<Record<string, unknown>>; // a record's value
      const fields = schema.fields ?? [];
      return Buffer.concat(fields.map(({ name, type }: AvroField) => write(type, row[name], names)));
    }
    case 'enum':
      return long((schema.symbols ?? []).indexOf(value as string));
    case 'fixed':
      return value as Buffer;
    case 'array': {
      const items = value as readonly unknown[];
      const blocks = items.map((item) => write(schema.items ?? 'null', item, names));
      return Buffer.concat(items.length === 0 ? [long(0)] : [long(items.length), ...blocks, long(0)]);
    }
    case 'map': {
      const entries = Object.entries(value as Readonly<Record<string, unknown>>);
      const blocks = entries.map(([key, item]) =>
        Buffer.concat([text(key), write(schema.values ?? 'null', item, names)]),
      );
      return Buffer.concat(entries.length === 0 ? [long(0)] : [long(entries.length), ...blocks, long(0)]);
    }
    default:
      return write(schema.type, value, names);
  }
}

function float(value: unknown, bytes: 4 | 8): Buffer {
  const out = Buffer.alloc(bytes);
  if (bytes === 4) out.writeFloatLE(Number(value));
  else out.writeDoubleLE(Number(value));
  return out;
}

function write(schema: AvroSchema, value: unknown, names: Names): Buffer {
  if (Array.isArray(schema)) return union(schema as readonly AvroSchema[], value, names);
  if (typeof schema !== 'string') return complex(schema as AvroObject, value, names);
  switch (schema) {
    case 'null':
      return Buffer.alloc(0);
    case 'boolean':
      return Buffer.from([value === true ? 1 : 0]);
    case 'int':
    case 'long':
      return long(value);
    case 'float':
      return float(value, 4);
    case 'double':
      return float(value, 8);
    case 'string':
      return text(value as string);
    case 'bytes':
      return Buffer.concat([long((value as Buffer).length), value as Buffer]);
    default: {
      const named = names.get(schema);
      if (named === undefined) throw new Error(`unknown type ${schema}`);
      return complex(named, value, names);
    }
  }
}

/** The value in Avro's binary encoding. */
export function writeAvro(schema: AvroSchema, value: unknown): Buffer {
  return write(schema, value, new Map());
}
