// Schemas by GUID: looked up once, read in turn with ids, and of no concern to JSON.
import t from 'tap';
import { avro } from '../../../src/adapters/avro/format.ts';
import { Registry } from '../../../src/adapters/schemas/registry.ts';
import {
  json,
  protobuf,
  source,
  string,
  timestamp,
  type Format,
  type FormatSource,
} from '../../../src/index.ts';
import { SourceFormat } from '../../../src/topology/source-format.ts';
import { decodedRecords } from '../decoded-records.ts';
import type { SchemaKey, SchemaText } from '../../../src/ports/schemas.ts';

const PROTO =
  'syntax = "proto3"; message Other { int32 x = 1; } message Event { string id = 1; int64 at = 2; }';
const AVRO = JSON.stringify({
  type: 'record',
  name: 'Event',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
  ],
});
const GUIDS = { avro: '000102030405060708090a0b0c0d0e0f', proto: 'ff0102030405060708090a0b0c0d0e0f' };
const dashed = (guid: string): string => guid.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

const known = new Map<SchemaKey, SchemaText>([
  [1, { language: 'AVRO', text: AVRO }],
  [2, { language: 'JSON', text: '{}' }],
  [3, { language: 'PROTOBUF', text: PROTO }],
  [dashed(GUIDS.avro), { language: 'AVRO', text: AVRO }],
  [dashed(GUIDS.proto), { language: 'PROTOBUF', text: PROTO }],
]);

function openFormat(
  format: Format,
  others: readonly Format[] = [],
): { readonly opened: SourceFormat; readonly asked: SchemaKey[][] } {
  const asked: SchemaKey[][] = [];
  const settled = new Set<SchemaKey>();
  const schemas: FormatSource['schemas'] = {
    name: 'a registry',
    read: () => Promise.reject(new Error('not used')),
    idOf: () => Promise.reject(new Error('not used')),
    isSettled: (id) => settled.has(id),
    async lookUp(ids) {
      asked.push([...ids]);
      for (const id of ids) settled.add(id);
    },
    known: (id) => known.get(id),
    refusal: () => undefined,
  };
  const events = source('events', { schema: { id: string, at: timestamp }, eventTime: 'at', format });
  return { opened: new SourceFormat(events, schemas, avro(), others), asked };
}

const hex = (...parts: readonly string[]): Buffer => Buffer.from(parts.join(''), 'hex');
const AVRO_A = '02613c'; // "a", 30
const event = { id: 'a', at: 30 };

t.test('records by GUID and by id take turns', async (t) => {
  const { opened, asked } = openFormat(avro());
  const byGuid = hex('01', GUIDS.avro, AVRO_A);
  const byId = hex('0000000001', AVRO_A);
  const unknown = hex('01', 'ee'.repeat(16), AVRO_A);
  t.strictSame(
    await decodedRecords(opened, [byGuid, byGuid, byId, byGuid, unknown, byId, hex('01', AVRO_A)]),
    [
      event,
      event,
      event,
      event,
      `SCHEMA_UNKNOWN: the registry a registry has no schema with id ${dashed('ee'.repeat(16))}`,
      event,
      'EVENT_NOT_FRAMED: the bytes do not begin with a zero byte and a schema id',
    ],
  );
  t.strictSame(asked, [[dashed(GUIDS.avro), 1, dashed('ee'.repeat(16))]], 'each is asked for once');
});

t.test('the position of a Protobuf message stands behind the GUID', async (t) => {
  const { opened } = openFormat(protobuf());
  t.strictSame(await decodedRecords(opened, [hex('01', GUIDS.proto, '0202', '0a0161', '101e')]), [event]);
});

t.test('JSON needs no registry for a GUID', async (t) => {
  const { opened, asked } = openFormat(json());
  const value = Buffer.concat([hex('01', GUIDS.avro), Buffer.from(JSON.stringify(event))]);
  t.strictSame(await decodedRecords(opened, [value]), [event]);
  t.strictSame(asked, []);
});

t.test('a registry gives a schema by its GUID', async (t) => {
  const asked: string[] = [];
  const { createServer } = await import('node:http');
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ schema: PROTO, schemaType: 'PROTOBUF' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as { readonly port: number };
  const registry = new Registry({ url: `http://127.0.0.1:${port}` });
  await registry.lookUp([dashed(GUIDS.proto)]);
  t.strictSame(registry.known(dashed(GUIDS.proto)), { language: 'PROTOBUF', text: PROTO });
  t.strictSame(asked, [`/schemas/guids/${dashed(GUIDS.proto)}`]);
  await new Registry({ url: null }).lookUp([dashed(GUIDS.proto)]);
});

t.test('the language of the schema decides, whatever format the source names', async (t) => {
  const values = [
    hex('0000000001', AVRO_A),
    Buffer.concat([hex('0000000002'), Buffer.from(JSON.stringify(event))]),
    hex('0000000003', '0202', '0a0161', '101e'),
    hex('01', GUIDS.proto, '0202', '0a0161', '101e'),
    hex('0000000001', AVRO_A),
  ];
  const others = [avro(), json(), protobuf()];
  const inAll = [event, event, event, event, event];
  t.strictSame(await decodedRecords(openFormat(avro(), others).opened, values), inAll);
  t.strictSame(await decodedRecords(openFormat(protobuf(), others).opened, values), inAll);
  const byJson = await decodedRecords(openFormat(json(), others).opened, values);
  t.strictSame(byJson.toSpliced(3, 1), inAll.slice(1), 'by GUID it expects JSON');
});
