// Records of Kafka Connect's Avro converter (Confluent's), as Debezium's connectors write them with its default types: Avro has
// no logical type for most of them, and they are named by `connect.name`.
import avsc from 'avsc';
import { writeFrame } from '../../src/adapters/shared/wire-format.ts';
import type { Schemas } from '../../src/ports/schemas.ts';

/** A type of Kafka Connect in Avro. */
export type ConnectType = string | Readonly<Record<string, unknown>>;

function named(type: string, name: string): ConnectType {
  return { type, 'connect.version': 1, 'connect.name': name };
}
export const connectTypes: Readonly<
  Record<
    'millis' | 'micros' | 'nanos' | 'date' | 'time' | 'microTime' | 'nanoTime' | 'zoned' | 'variableScale',
    ConnectType
  >
> = {
  millis: named('long', 'io.debezium.time.Timestamp'),
  micros: named('long', 'io.debezium.time.MicroTimestamp'),
  nanos: named('long', 'io.debezium.time.NanoTimestamp'),
  date: named('int', 'io.debezium.time.Date'),
  time: named('int', 'io.debezium.time.Time'),
  microTime: named('long', 'io.debezium.time.MicroTime'),
  nanoTime: named('long', 'io.debezium.time.NanoTime'),
  zoned: named('string', 'io.debezium.time.ZonedTimestamp'),
  variableScale: {
    type: 'record',
    name: 'VariableScaleDecimal',
    namespace: 'io.debezium.data',
    fields: [
      { name: 'scale', type: 'int' },
      { name: 'value', type: 'bytes' },
    ],
    'connect.doc': 'Variable scaled decimal',
    'connect.version': 1,
    'connect.name': 'io.debezium.data.VariableScaleDecimal',
  },
};

export function decimalType(scale: number): ConnectType {
  return {
    type: 'bytes',
    scale,
    precision: 64,
    'connect.version': 1,
    'connect.parameters': { scale: String(scale), 'connect.decimal.precision': '64' },
    'connect.name': 'org.apache.kafka.connect.data.Decimal',
    logicalType: 'decimal',
  };
}

/** The schema of a table's envelope; every column may be null. */
export function envelopeOf(columns: Readonly<Record<string, ConnectType>>): object {
  const value = {
    type: 'record',
    name: 'Value',
    fields: Object.entries(columns).map(([name, type]) => ({ name, type: ['null', type], default: null })),
    'connect.name': 'shop.public.payments.Value',
  };
  const long = (name: string): object => ({ name, type: ['null', 'long'], default: null });
  return {
    type: 'record',
    name: 'Envelope',
    namespace: 'shop.public.payments',
    fields: [
      { name: 'before', type: ['null', value], default: null },
      { name: 'after', type: ['null', 'Value'], default: null },
      {
        name: 'source',
        type: {
          type: 'record',
          name: 'Source',
          namespace: 'io.debezium.connector.postgresql',
          fields: [{ name: 'ts_ms', type: 'long' }, long('ts_us'), long('ts_ns'), long('lsn')],
          'connect.name': 'io.debezium.connector.postgresql.Source',
        },
      },
      { name: 'op', type: 'string' },
      long('ts_ms'),
      long('ts_us'),
      long('ts_ns'),
    ],
    'connect.version': 2,
    'connect.name': 'shop.public.payments.Envelope',
  };
}

/** The schema without what its values' bytes do not show: avsc looks at no registry for a primitive type with attributes. */
function bare(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(bare);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { type, fields } = schema as { readonly type?: unknown; readonly fields?: unknown };
  if (type === 'record' && Array.isArray(fields))
    return { ...schema, fields: fields.map((field: object) => ({ ...field, ...typeIn(field) })) };
  return type;
}

function typeIn(field: object): object {
  return 'type' in field ? { type: bare(field.type) } : {};
}

/** Longs beyond 2^53 as bigints. */
// oxlint-disable-next-line no-underscore-dangle -- the name that avsc documents
const longType = avsc.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: (value: bigint | number) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(BigInt(value));
    return buffer;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint' || Number.isSafeInteger(value),
  compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
});

/** Encodes values of a schema, framed with its id. */
export function framedBy(schema: object, id: number): (value: unknown) => Buffer {
  const type = avsc.Type.forSchema(bare(schema) as avsc.Schema, {
    registry: { long: longType },
    wrapUnions: false,
  });
  return (value) => {
    const record = Buffer.concat([Buffer.alloc(5), type.toBuffer(value)]);
    writeFrame(record, id);
    return record;
  };
}

/** A registry that knows these schemas. */
export function registryOf(schemas: ReadonlyMap<number, object>): Schemas {
  return {
    name: 'test',
    read: () => Promise.reject(new Error('not used')),
    idOf: () => Promise.reject(new Error('not used')),
    isSettled: () => true,
    lookUp: () => Promise.resolve(),
    known: (id) => {
      const schema = schemas.get(Number(id));
      return schema === undefined ? undefined : { language: 'AVRO', text: JSON.stringify(schema) };
    },
    refusal: () => undefined,
  };
}

/** The unscaled integer as Java's BigInteger has it. */
export function decimalBytes(unscaled: bigint): Buffer {
  let bytes = 1;
  while (BigInt.asIntN(8 * bytes, unscaled) !== unscaled) bytes++;
  const hex = BigInt.asUintN(8 * bytes, unscaled).toString(16);
  return Buffer.from(hex.padStart(2 * bytes, '0'), 'hex');
}
