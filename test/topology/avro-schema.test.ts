// The Avro schema of declared columns: valid, deterministic, and compatible if columns are added.
import { valueAt } from '../../src/core/batch.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import avsc from 'avsc';
import t from 'tap';
import { avro } from '../../src/adapters/avro/format.ts';
import { ProjectSchemas } from '../../src/adapters/schemas/project-schemas.ts';
import {
  avroColumns,
  boolean,
  bytes,
  decimal,
  defineTopology,
  double,
  enumeration,
  float,
  int,
  int64,
  long,
  nullable,
  scaled,
  source,
  string,
  timestamp,
  type Source,
} from '../../src/index.ts';
import type { Batch } from '../../src/core/batch.ts';
import { SourceDecoder } from '../../src/runtime/task/source-decoder.ts';
import { avroSchema } from '../../src/topology/avro-schema.ts';
import { SourceFormat } from '../../src/topology/source-format.ts';
import { rawBatchOf } from '../adapters/avro/raw-batch.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-avro-'));
t.teardown(() => rmSync(folder, { recursive: true }));

const columns = {
  id: string,
  kind: enumeration(['order', 'refund']),
  before: nullable(enumeration(['a', 'b'])),
  amount: double,
  rate: float,
  items: int,
  sequence: long,
  online: boolean,
  note: nullable(string),
  paidAt: nullable(timestamp),
  at: timestamp,
};

t.test('each type has its Avro type, and nullable ones have a default', async (t) => {
  const text = avroSchema('late-orders.v2', columns);
  t.equal(avroSchema('late-orders.v2', { ...columns }), text, 'deterministic');
  const schema = JSON.parse(text) as { name: string; fields: Array<{ name: string }> };
  const time = { type: 'long', logicalType: 'timestamp-millis' };
  t.equal(schema.name, 'LateOrdersV2');
  t.strictSame(schema.fields, [
    { name: 'id', type: 'string' },
    { name: 'kind', type: { type: 'enum', name: 'LateOrdersV2Kind', symbols: ['order', 'refund'] } },
    {
      name: 'before',
      type: ['null', { type: 'enum', name: 'LateOrdersV2Before', symbols: ['a', 'b'] }],
      default: null,
    },
    { name: 'amount', type: 'double' },
    { name: 'rate', type: 'float' },
    { name: 'items', type: 'int' },
    { name: 'sequence', type: 'long' },
    { name: 'online', type: 'boolean' },
    { name: 'note', type: ['null', 'string'], default: null },
    { name: 'paidAt', type: ['null', time], default: null },
    { name: 'at', type: time },
  ]);
  t.doesNotThrow(() => avsc.Type.forSchema(JSON.parse(text) as avsc.Schema));
});

t.test('a topic that starts with a digit', async (t) => {
  t.equal((JSON.parse(avroSchema('2024', { at: timestamp })) as { name: string }).name, '_2024');
});

const event = {
  id: 'a',
  kind: 'refund',
  before: 'b',
  amount: 1.5,
  rate: 0.5,
  items: 3,
  sequence: 4,
  online: true,
  note: null,
  paidAt: 8,
  at: 9,
};

/** Without a schema folder; an embedded registry stores the schemas. */
function formatOf(declared: Source): SourceFormat {
  const file = join(folder, 'registry.json');
  return new SourceFormat(
    declared,
    new ProjectSchemas({ registry: { url: null, file }, schemaFolders: [] }),
    avro(),
  );
}

t.test('events are written and read without a schema file', async (t) => {
  const format = formatOf(source('orders', { schema: columns, eventTime: 'at' }));
  const bytes = (await format.encoder()).encode(event);
  const decoder = await format.decoder();
  t.strictSame(Object.keys(decoder.schema), Object.keys(columns));
  t.match(decoder.schema, {
    id: { kind: 'string', nullable: false },
    before: { kind: 'string', nullable: true },
    online: { kind: 'number', nullable: false },
    paidAt: { kind: 'number', nullable: true },
  });
  t.equal(bytes.readInt32BE(1), 1);
  const again = (await formatOf(source('orders', { schema: columns, eventTime: 'at' })).encoder()).encode(
    event,
  );
  t.strictSame(again, bytes, 'a restart registers the same schema with the same id');
});

t.test('events that were written before a nullable column was added can be read', async (t) => {
  const before = (await formatOf(source('orders', { schema: columns, eventTime: 'at' })).encoder()).encode(
    event,
  );
  const wider = { ...columns, channel: nullable(string) };
  const format = formatOf(source('orders', { schema: wider, eventTime: 'at' }));
  const now = (await format.encoder()).encode({ ...event, channel: 'web' });
  t.equal(now.readInt32BE(1), 2, 'it is registered as a second version');
  const written = avsc.Type.forSchema(JSON.parse(avroSchema('orders', columns)) as avsc.Schema);
  const reader = avsc.Type.forSchema(JSON.parse(avroSchema('orders', wider)) as avsc.Schema);
  const read = reader.fromBuffer(before.subarray(5), reader.createResolver(written)) as { channel: unknown };
  t.equal(read.channel, null);
  const decoder = await format.decoder();
  await decoder.prepare?.(rawBatchOf([before, now]));
});

t.test('a schema that declares the columns is registered unchanged', async (t) => {
  const schema = {
    type: 'record',
    name: 'Order',
    namespace: 'shop',
    doc: 'A sale.',
    fields: [{ name: 'at', type: 'long', doc: 'ms' }],
  };
  const given = avroColumns({ at: long }, JSON.stringify(schema, null, 2));
  t.strictSame(JSON.parse(avroSchema('orders', given)), schema);
  t.equal((JSON.parse(avroSchema('orders', { ...given, more: string })) as { name: string }).name, 'Orders');
});

t.test('columns of nested records, and exact ones, have a schema', async (t) => {
  const declared = {
    id: int64,
    'card.number': string,
    price: decimal,
    'card.country.code': nullable(string),
    'after.amount': nullable(scaled(2)),
    picture: nullable(bytes),
    at: timestamp,
  };
  const { fields } = JSON.parse(avroSchema('sales', declared)) as { fields: unknown[] };
  const code = { name: 'code', type: ['null', 'string'], default: null };
  const country = { type: 'record', name: 'SalesCardCountry', fields: [code] };
  const amount = { type: 'bytes', logicalType: 'decimal', precision: 16, scale: 2 };
  t.strictSame(fields, [
    { name: 'id', type: 'long' },
    {
      name: 'card',
      type: {
        type: 'record',
        name: 'SalesCard',
        fields: [
          { name: 'number', type: 'string' },
          { name: 'country', type: ['null', country], default: null },
        ],
      },
    },
    { name: 'price', type: 'double' },
    {
      name: 'after',
      type: [
        'null',
        {
          type: 'record',
          name: 'SalesAfter',
          fields: [{ name: 'amount', type: ['null', amount], default: null }],
        },
      ],
      default: null,
    },
    { name: 'picture', type: ['null', 'bytes'], default: null },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
  ]);
  const format = formatOf(source('sales', { schema: declared, eventTime: 'at' }));
  const encoder = await format.encoder();
  const decoder = new SourceDecoder(await format.decoder(), 'at', 'test');
  const sale = {
    id: '9007199254740993',
    'card.number': '1',
    price: 0.1,
    'card.country.code': null,
    'after.amount': -1250,
    picture: 'AQL/',
    at: 5,
  };
  const other = { ...sale, id: 7, 'card.country.code': 'DE', 'after.amount': null, picture: null };
  const raw = rawBatchOf([encoder.encode(sale), encoder.encode(other)]);
  await decoder.prepare(raw);
  const { batch, faults } = decoder.decode(raw, 0, 2);
  t.strictSame(faults, []);
  t.strictSame(rowOf(batch, 0), sale);
  t.strictSame(rowOf(batch, 1), { ...other, id: '7' });
});

t.test('columns of items and keys are read, and have no schema to write by', async (t) => {
  const declared = { 'items.0.price': nullable(double), at: timestamp };
  const format = formatOf(source('carts', { schema: declared, eventTime: 'at' }));
  await format.register();
  t.strictSame(Object.keys((await format.decoder()).schema), ['items.0.price', 'at']);
  await t.rejects(format.encoder(), { code: 'TOPOLOGY_INVALID', message: /items\.0\.price/ });
  const both = source('carts', { schema: { a: string, 'a.b': string, at: timestamp }, eventTime: 'at' });
  await t.rejects(formatOf(both).decoder(), { code: 'SCHEMA_INVALID' });
});

function rowOf({ columns }: Batch, row: number): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, valueAt(column, row)]));
}

t.test('names that Avro does not allow', async (t) => {
  const declared = source('orders', {
    schema: { at: timestamp, 'card-id': string, 'card.id-1': string, kind: enumeration(['a-b', 'c', 'c']) },
    eventTime: 'at',
  });
  t.throws(() => defineTopology(declared, { stages: [] }), {
    code: 'TOPOLOGY_INVALID',
    message: /source\.schema\.card-id: [^]*source\.schema\.kind: 'a-b' [^]*source\.schema\.kind: 'c' /,
  });
  const schema = avroColumns({ at: timestamp, 'card.id': string }, '{}');
  const given = source('orders', { schema, eventTime: 'at' });
  t.doesNotThrow(
    () => defineTopology(given, { stages: [] }),
    'names from a schema have been checked already',
  );
});
