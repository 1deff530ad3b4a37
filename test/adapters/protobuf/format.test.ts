// The Protobuf format in a source: on an engine, framed by a registry, with a descriptor, and encoded by its own encoder.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { create, toBinary, type DescMessage, type Message } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import t from 'tap';
import { avro } from '../../../src/adapters/avro/format.ts';
import { linkedFile, messagesOf } from '../../../src/adapters/protobuf/linked-files.ts';
import { parseProto } from '../../../src/adapters/protobuf/proto-text.ts';
import { ProjectSchemas } from '../../../src/adapters/schemas/project-schemas.ts';
import type { Columns } from '../../../src/core/columns.ts';
import {
  boolean,
  defineTopology,
  double,
  features,
  int,
  long,
  nullable,
  numeric,
  protobuf,
  score,
  source,
  string,
  timestamp,
  watermarks,
  type FormatSource,
  type ProtobufOptions,
} from '../../../src/index.ts';
import { EmbeddedRun } from '../../../src/testing/index.ts';
import { SourceFormat } from '../../../src/topology/source-format.ts';
import { decodedRecords } from '../decoded-records.ts';

const columns = {
  id: string,
  amount: double,
  'after.note': nullable(string),
  at: timestamp,
} satisfies Columns;
const registry = (): ProjectSchemas => new ProjectSchemas({ registry: { url: null }, schemaFolders: [] });
const sourceWith = (options?: ProtobufOptions, schema: Columns = columns) =>
  source('orders', { schema, eventTime: 'at', partitions: 1, format: protobuf(options) });

const TYPES = 'syntax = "proto2"; package x; message After { optional string note = 1; }';
const ORDERS = `syntax = "proto3"; package x; import "google/protobuf/timestamp.proto"; import "any/name.proto";
  message Other { string id = 1; }
  message Box { message Order { string id = 1; double amount = 2; x.After after = 3; google.protobuf.Timestamp at = 4; } }`;
const box = messagesOf(linkedFile([TYPES, ORDERS].map(parseProto))).find(({ name }) => name === 'Order')!;

function bytesOf(message: DescMessage, fields: object): Buffer {
  return Buffer.from(toBinary(message, create(message, fields as Message)));
}
const order = bytesOf(box, {
  id: 'a',
  amount: 2,
  after: { note: 'n' },
  at: { seconds: 1n, nanos: 5_000_000 },
});

function framed(id: number, indexes: readonly number[], value: Buffer): Buffer {
  const frame = Buffer.alloc(5);
  frame.writeInt32BE(id, 1);
  return Buffer.concat([frame, Buffer.from(indexes), value]);
}

t.test('the schema of the id, and the position of the message in it, decide', async (t) => {
  const schemas = registry();
  const text = Buffer.from(toBinary(FileDescriptorProtoSchema, parseProto(ORDERS))).toString('base64');
  const ids = {
    // The registry in the process keeps no references: both files are one.
    orders: await schemas.idOf('o', {
      language: 'PROTOBUF',
      text: ORDERS.replace('package x;', 'package x; message After { string note = 1; }'),
    }),
    base64: await schemas.idOf('b', { language: 'PROTOBUF', text }),
    json: await schemas.idOf('j', { language: 'JSON', text: '{"type":"object"}' }),
    list: await schemas.idOf('l', {
      language: 'PROTOBUF',
      text: 'syntax = "proto3"; message M { repeated string id = 1; double amount = 2; int64 at = 3; }',
    }),
  };
  // Zigzag: the message at 2, and in it that at 0; its count before.
  const values = [
    framed(ids.orders, [4, 4, 0], order),
    framed(ids.base64, [4, 2, 0], bytesOf(box, { id: 'a', at: { seconds: 2n } })),
    framed(ids.orders, [0], order),
    framed(ids.orders, [4, 4, 2], order),
    framed(ids.orders, [4, 4], Buffer.alloc(0)),
    framed(ids.orders, [1], order),
    framed(ids.json, [0], order),
    framed(ids.list, [0], order),
    framed(99, [0], order),
    order,
    framed(ids.orders, [4, 4, 0], order.subarray(0, -1)),
  ];
  t.strictSame(await decodedRecords(new SourceFormat(sourceWith(), schemas, avro()), values), [
    { id: 'a', amount: 2, 'after.note': 'n', at: 1_005 },
    { id: 'a', amount: 0, 'after.note': null, at: 2_000 },
    `SCHEMA_INVALID: schema id ${ids.orders} cannot be read by the topology's: the message x.After has no field for the column 'id'`,
    `SCHEMA_INVALID: schema id ${ids.orders} cannot be read by the topology's: it has no message at the position 2.1`,
    'EVENT_MALFORMED: the positions of the message in its schema are damaged',
    'EVENT_MALFORMED: the positions of the message in its schema are damaged',
    `SCHEMA_INVALID: schema id ${ids.json} cannot be read by the topology's: its language is JSON`,
    `SCHEMA_INVALID: schema id ${ids.list} cannot be read by the topology's: the field 'id' is repeated, which the column 'id' cannot hold`,
    'SCHEMA_UNKNOWN: the registry the registry in the process has no schema with id 99',
    'EVENT_NOT_FRAMED: the bytes do not begin with a zero byte and a schema id',
    'EVENT_MALFORMED: the bytes end within a field',
  ]);
});

t.test('schemas come with those that they refer to', async (t) => {
  const schemas = registry();
  const known = { language: 'PROTOBUF', text: ORDERS, references: [TYPES] } as const;
  const id = await schemas.idOf('o', { language: 'PROTOBUF', text: ORDERS });
  const format = new SourceFormat(
    sourceWith(),
    { ...bound(schemas), isSettled: () => true, known: () => known, lookUp: async () => undefined },
    avro(),
  );
  t.match(await decodedRecords(format, [framed(id, [4, 2, 0], order)]), [{ 'after.note': 'n' }]);
});

function bound(schemas: ProjectSchemas): FormatSource['schemas'] {
  return {
    name: schemas.name,
    read: (subject, extension) => schemas.read(subject, extension),
    idOf: (subject, schema) => schemas.idOf(subject, schema),
    isSettled: (id) => schemas.isSettled(id),
    lookUp: (ids) => schemas.lookUp(ids),
    known: (id) => schemas.known(id),
    refusal: (id) => schemas.refusal(id),
  };
}

t.test('a subject has an id for each of its schemas', async (t) => {
  const schemas = registry();
  const ids = [TYPES, ORDERS, TYPES].map((text) => schemas.idOf('s', { language: 'PROTOBUF', text }));
  t.strictSame(await Promise.all(ids), [1, 2, 1]);
});

t.test('a descriptor reads records without a frame', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-proto-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const proto = join(folder, 'orders.proto');
  writeFileSync(join(folder, 'types.proto'), TYPES);
  writeFileSync(proto, ORDERS.replace('any/name.proto', 'types.proto'));
  const read = (options: ProtobufOptions, values: readonly Buffer[] = [order], schema: Columns = columns) =>
    decodedRecords(new SourceFormat(sourceWith(options, schema), registry(), avro()), values);
  const expected = [{ id: 'a', amount: 2, 'after.note': 'n', at: 1_005 }];
  t.strictSame(await read({ descriptor: proto, message: 'Box.Order' }), expected);
  t.strictSame(await read({ descriptor: pathToFileURL(proto), message: 'x.Box.Order' }), expected);
  const set = join(import.meta.dirname, '../../vectors/protobuf/orders.desc');
  const placed: Columns = {
    id: string,
    placed_at: timestamp,
    'price.units': nullable(long),
    'price.nanos': nullable(int),
  };
  const format = source('orders', {
    schema: placed,
    eventTime: 'placed_at',
    format: protobuf({ descriptor: set, message: 'Order' }),
  });
  const value = Buffer.from('0a016122020801320208 05'.replaceAll(' ', ''), 'hex');
  // proto2 has defaults.
  t.strictSame(await decodedRecords(new SourceFormat(format, registry(), avro()), [value]), [
    { id: 'a', placed_at: 1_000, 'price.units': 5, 'price.nanos': -31 },
  ]);
  const refused = (options: ProtobufOptions, message: RegExp, schema?: Columns) =>
    t.rejects(read(options, [order], schema), { code: 'SCHEMA_INVALID', message });
  await refused({ descriptor: proto }, /it has the messages x\.Other, x\.Box, x\.Box\.Order: name one/);
  await refused({ descriptor: proto, message: 'None' }, /it has no message None, but x\.Other/);
  await refused({ descriptor: join(folder, 'none.desc') }, /ENOENT/);
  await refused(
    { descriptor: join(folder, 'types.proto').replace('types', 'orders'), message: 'Other' },
    /no field for the column 'amount'/,
  );
  await refused(
    { descriptor: proto, message: 'Order' },
    /'at' is of type google\.protobuf\.Timestamp, which the column 'at', boolean,/,
    {
      ...columns,
      at: boolean,
    },
  );
});

t.test(
  'an engine reads what the encoder writes; dead letters say what is wrong with the others',
  async (t) => {
    const topology = defineTopology(sourceWith(), {
      name: 'orders-protobuf',
      stages: [
        watermarks({ allowedAheadMs: Number.POSITIVE_INFINITY }),
        features({ fields: { amount: numeric('amount') } }),
        score({ key: 'id' }),
      ],
    });
    const run = await EmbeddedRun.start(topology);
    await run.send([
      { id: 'a', amount: 1, at: 1_000 },
      { id: 'b', amount: 2, 'after.note': 'x', at: 2_000 },
    ]);
    await run.sendValues([null, Buffer.from('{"id":"c"}')]);
    await run.committed();
    t.strictSame(
      (await run.predictions()).map(({ key }) => key),
      ['a', 'b'],
    );
    t.strictSame(
      (await run.deadLetters()).map(({ code, message }) => `${code}: ${message}`),
      [
        'EVENT_MALFORMED: the record has no value',
        'EVENT_NOT_FRAMED: the bytes do not begin with a zero byte and a schema id',
      ],
    );
    await run.stop();
  },
);
