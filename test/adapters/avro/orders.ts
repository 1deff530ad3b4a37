// Orders with a field of every Avro type, as avsc writes them, and what their columns are.
import type avsc from 'avsc';
import fc from 'fast-check';
import { parseSchema, type SchemaNode } from '../../../src/adapters/avro/schema-node.ts';
import { parseType } from '../../../src/adapters/avro/subject-schema.ts';
import type { Columns } from '../../../src/core/columns.ts';
import {
  boolean,
  bytes,
  decimal,
  double,
  enumeration,
  int64,
  long,
  nullable,
  scaled,
  string,
  timestamp,
} from '../../../src/core/column-types.ts';

export const money: object = { type: 'bytes', logicalType: 'decimal', precision: 30, scale: 4 };
export const line: object = {
  type: 'record',
  name: 'Line',
  fields: [
    { name: 'sku', type: 'string' },
    { name: 'price', type: ['null', money] },
    { name: 'next', type: ['null', 'Line'] },
  ],
};
const schema = {
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'at', type: { type: 'long', logicalType: 'local-timestamp-micros' } },
    { name: 'id', type: 'long' },
    { name: 'uuid', type: { type: 'fixed', name: 'Uuid', size: 16, logicalType: 'uuid' } },
    { name: 'hash', type: { type: 'fixed', name: 'Hash', size: 5 } },
    { name: 'blob', type: 'bytes' },
    { name: 'total', type: money },
    {
      name: 'tax',
      type: { type: 'fixed', name: 'Tax', size: 9, logicalType: 'decimal', precision: 18, scale: 2 },
    },
    { name: 'text', type: 'string' },
    { name: 'day', type: { type: 'int', logicalType: 'date' } },
    { name: 'time', type: { type: 'long', logicalType: 'time-micros' } },
    { name: 'lasts', type: { type: 'fixed', name: 'Lasts', size: 12, logicalType: 'duration' } },
    { name: 'after', type: ['null', line] },
    {
      name: 'value',
      type: ['null', 'string', 'double', { type: 'enum', name: 'x.Kind', symbols: ['A', 'B'] }],
    },
    { name: 'lines', type: { type: 'array', items: 'Line' } },
    { name: 'attrs', type: { type: 'map', values: ['null', 'string'] } },
    { name: 'grid', type: ['null', { type: 'array', items: { type: 'array', items: 'int' } }] },
    { name: 'last', type: 'boolean' },
  ],
};
export const declared: Columns = {
  at: timestamp,
  id: int64,
  uuid: string,
  hash: bytes,
  blob: bytes,
  total: decimal,
  tax: scaled(2),
  text: string,
  day: timestamp,
  time: long,
  'lasts.days': long,
  'after.sku': nullable(string),
  'after.price': nullable(string),
  'after.next.next.sku': nullable(string),
  'value.string': nullable(string),
  'value.double': nullable(double),
  'value.Kind': nullable(enumeration(['B', 'A'])),
  'lines.1.sku': nullable(string),
  'lines.0.price': nullable(decimal),
  'lines.length': long,
  'attrs.country': nullable(string),
  'attrs.zip': nullable(string),
  'grid.1.0': nullable(double),
  'grid.0.length': nullable(long),
  'grid.length': nullable(long),
  'not.there': nullable(double),
  last: boolean,
};

export type Row = Readonly<Record<string, number | string | null>>;

export interface Line {
  sku: string;
  price: Buffer | null;
  next: Line | null;
}
export interface Order {
  at: bigint;
  id: bigint;
  uuid: Buffer;
  hash: Buffer;
  blob: Buffer;
  total: Buffer;
  tax: Buffer;
  text: string;
  day: number;
  time: bigint;
  lasts: Buffer;
  after: Line | null;
  value: Readonly<Record<string, unknown>> | null;
  lines: Line[];
  attrs: Record<string, string | null>;
  grid: number[][] | null;
  last: boolean;
}

const octets = (size: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: size, maxLength: size }).map((all) => Buffer.from(all));
const amount = fc.uint8Array({ minLength: 1, maxLength: 12 }).map((all) => Buffer.from(all));
const lines = fc.letrec<{ line: Line }>((tie) => ({
  line: fc.record({
    sku: fc.string(),
    price: fc.option(amount),
    next: fc.option(tie('line'), { maxDepth: 3, depthSize: 'small' }),
  }),
})).line;
export const order: fc.Arbitrary<Order> = fc.record({
  at: fc.bigInt({ min: -(10n ** 15n), max: 10n ** 16n }),
  id: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  uuid: octets(16),
  hash: octets(5),
  blob: fc.uint8Array({ maxLength: 400 }).map((all) => Buffer.from(all)),
  total: amount,
  // Of 9 bytes, below 2^53.
  tax: fc
    .maxSafeInteger()
    .map((cents) => Buffer.from(BigInt.asUintN(72, BigInt(cents)).toString(16).padStart(18, '0'), 'hex')),
  text: fc.string(),
  day: fc.integer({ min: -10_000, max: 30_000 }),
  time: fc.bigInt({ min: 0n, max: 86_400_000_000n }),
  lasts: octets(12),
  after: fc.option(lines),
  value: fc.option(
    fc.oneof(
      fc.string().map((string) => ({ string })),
      fc.double({ noNaN: true }).map((double) => ({ double })),
      fc.constantFrom('A', 'B').map((kind) => ({ 'x.Kind': kind })),
    ),
  ),
  lines: fc.array(lines, { maxLength: 3 }),
  attrs: fc.dictionary(fc.constantFrom('country', 'zip', 'other', ''), fc.option(fc.string())),
  grid: fc.option(fc.array(fc.array(fc.integer(), { maxLength: 3 }), { maxLength: 3 })),
  last: fc.boolean(),
});

export const writer: SchemaNode = parseSchema(JSON.stringify(schema));
export const type: avsc.Type = parseType(schema, true);

/** The digits of a decimal, exactly. */
function decimalText(all: Buffer, scale: number): string {
  const unscaled = BigInt.asIntN(8 * all.length, BigInt(`0x0${all.toString('hex')}`));
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function uuidText(all: Buffer): string {
  return all.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function floorDiv(value: bigint, by: bigint): number {
  return Number(value >= 0n ? value / by : -((-value + by - 1n) / by));
}

export function expected(order: Order): Row {
  const { after, value, lines: all, attrs, grid } = order;
  return {
    at: floorDiv(order.at, 1_000n),
    id: String(order.id),
    uuid: uuidText(order.uuid),
    hash: order.hash.toString('base64'),
    blob: order.blob.toString('base64'),
    total: Number(decimalText(order.total, 4)),
    tax: Number(BigInt.asIntN(72, BigInt(`0x${order.tax.toString('hex')}`))),
    text: order.text,
    day: order.day * 86_400_000,
    time: Number(order.time),
    'lasts.days': order.lasts.readUInt32LE(4),
    'after.sku': after?.sku ?? null,
    'after.price': after?.price ? decimalText(after.price, 4) : null,
    'after.next.next.sku': after?.next?.next?.sku ?? null,
    'value.string': (value?.['string'] ?? null) as string | null,
    'value.double': (value?.['double'] ?? null) as number | null,
    'value.Kind': (value?.['x.Kind'] ?? null) as string | null,
    'lines.1.sku': all[1]?.sku ?? null,
    'lines.0.price': all[0]?.price ? Number(decimalText(all[0].price, 4)) : null,
    'lines.length': all.length,
    'attrs.country': Object.hasOwn(attrs, 'country') ? (attrs['country'] ?? null) : null,
    'attrs.zip': Object.hasOwn(attrs, 'zip') ? (attrs['zip'] ?? null) : null,
    'grid.1.0': grid?.[1]?.[0] ?? null,
    'grid.0.length': grid?.[0]?.length ?? null,
    'grid.length': grid?.length ?? null,
    'not.there': null,
    last: Number(order.last),
  };
}
