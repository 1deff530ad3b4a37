// The codec end to end on a registry in the process: framing, evolution, failures row by row, ids that last.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { AvroCodec } from '../../../src/adapters/avro/codec.ts';
import { ProjectSchemas } from '../../../src/adapters/schemas/project-schemas.ts';
import { DICTIONARY_SIZE_MAX } from '../../../src/core/event-limits.ts';
import { avroDecoder } from '../../support/avro-source.ts';
import { rawBatchOf } from './raw-batch.ts';

interface Event {
  readonly id: string;
  readonly at: number | null;
  readonly value?: number | null;
}

const FIELDS = [
  { name: 'id', type: 'string' },
  { name: 'at', type: ['null', { type: 'long', logicalType: 'timestamp-millis' }] },
];
const VALUE = { name: 'value', type: ['null', 'double'], default: null };

function folderWith(schemas: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-avro-'));
  for (const [subject, fields] of Object.entries(schemas)) {
    writeFileSync(join(folder, `${subject}.avsc`), JSON.stringify({ type: 'record', name: 'Event', fields }));
  }
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

t.test('good rows decode, each bad row fails alone with its code', async (t) => {
  const codec = new AvroCodec(
    new ProjectSchemas({
      registry: { url: null },
      schemaFolders: [folderWith({ 'events-value': FIELDS })],
    }),
  );
  const encoder = await codec.encoder<Event>('events-value');
  const decoder = await avroDecoder(codec, 'events-value', 'at');
  t.strictSame(decoder.schema, {
    id: { kind: 'string', nullable: false },
    at: { kind: 'number', nullable: true },
  });
  const good = encoder.encode({ id: 'a', at: 7 });
  const unknownId = Buffer.from(good);
  unknownId.writeInt32BE(4_711, 1);
  const raw = rawBatchOf(
    [
      good,
      null,
      Buffer.from('plain text'),
      Buffer.alloc(0),
      unknownId,
      good.subarray(0, good.length - 1),
      Buffer.concat([good, Buffer.of(1)]),
      encoder.encode({ id: 'no time', at: null }),
      encoder.encode({ id: 'b', at: 8 }),
    ],
    100,
  );
  const waiting = decoder.prepare(raw);
  t.ok(waiting instanceof Promise, 'ids are asked for');
  await waiting;
  t.equal(decoder.prepare(raw), undefined, 'once');
  const { batch, faults } = decoder.decode(raw, 0, raw.count);
  t.strictSame(
    faults.map(({ index, code }) => [index, code]),
    [
      [1, 'EVENT_MALFORMED'],
      [2, 'EVENT_NOT_FRAMED'],
      [3, 'EVENT_NOT_FRAMED'],
      [4, 'SCHEMA_UNKNOWN'],
      [5, 'EVENT_MALFORMED'],
      [6, 'EVENT_MALFORMED'],
      [7, 'EVENT_MALFORMED'],
    ],
  );
  t.equal(batch.size, 2);
  t.strictSame([...batch.rows], [0, 1]);
  t.strictSame([...batch.rawIndex], [0, 8]);
  t.strictSame([...batch.offsets], [100, 108]);
  t.strictSame([...batch.eventTimeMs], [7, 8]);
  t.equal(batch.offsetNext, 109);
  const id = batch.columns['id']!;
  t.strictSame(id.kind === 'string' && [...id.codes].map((code) => id.dictionary.decode(code)), ['a', 'b']);
  const part = decoder.decode(raw, 8, 9);
  t.strictSame([...part.batch.rawIndex], [8], 'a part has indices into the whole');
  t.equal(decoder.decode(raw, 0, 1).batch.offsetNext, 101);
});

t.test('an older and a newer writer are read by the reader schema', async (t) => {
  const older = folderWith({ 'events-value': FIELDS });
  const newer = folderWith({
    'events-value': [...FIELDS, { name: 'extra', type: 'int', default: 3 }, VALUE],
  });
  const now = folderWith({ 'events-value': [VALUE, ...FIELDS] });
  const wrong = folderWith({ 'events-value': [{ name: 'id', type: 'int' }, FIELDS[1]] });
  const file = join(now, 'known-schemas.json');
  const bytes: Buffer[] = [];
  for (const folder of [older, newer, wrong]) {
    const writer = new AvroCodec(
      new ProjectSchemas({ registry: { url: null, file }, schemaFolders: [folder] }),
    );
    const encoder = await writer.encoder<Record<string, unknown>>('events-value');
    bytes.push(encoder.encode({ id: folder === wrong ? 5 : 'x', at: 1, extra: 9, value: 2.5 }));
  }
  t.strictSame(
    bytes.map((one) => one.readInt32BE(1)),
    [1, 2, 3],
    'ids go on where the file ends',
  );
  const codec = new AvroCodec(new ProjectSchemas({ registry: { url: null, file }, schemaFolders: [now] }));
  const decoder = await avroDecoder(codec, 'events-value', 'at');
  const raw = rawBatchOf(bytes);
  await decoder.prepare(raw);
  const { batch, faults } = decoder.decode(raw, 0, 3);
  const value = batch.columns['value']!;
  t.strictSame(
    value.kind === 'number' && [...value.values],
    [Number.NaN, 2.5],
    'a missing field takes its default',
  );
  t.strictSame(
    faults.map(({ index, code }) => [index, code]),
    [[2, 'SCHEMA_INVALID']],
  );
  const late = new AvroCodec(new ProjectSchemas({ registry: { url: null, file }, schemaFolders: [now] }));
  const current = (await late.encoder<Event>('events-value')).encode({ id: 'y', at: 2, value: null });
  const more = rawBatchOf([current]);
  await decoder.prepare(more);
  t.equal(decoder.decode(more, 0, 1).batch.size, 1, 'a schema that another process registered is found');
  const object = await codec.decoder<Event>('events-value');
  t.strictSame({ ...(await object.decode(bytes[1]!)) }, { value: 2.5, id: 'x', at: 1 });
});

t.test('a record framed with a schema of another language fails alone', async (t) => {
  const schemas = new ProjectSchemas({
    registry: { url: null },
    schemaFolders: [folderWith({ 'events-value': FIELDS })],
  });
  const foreign = await schemas.idOf('others-value', { language: 'JSON', text: '{"type":"object"}' });
  const codec = new AvroCodec(schemas);
  const good = (await codec.encoder<Event>('events-value')).encode({ id: 'a', at: 7 });
  const framed = Buffer.from('\0....{}');
  framed.writeInt32BE(foreign, 1);
  const decoder = await avroDecoder(codec, 'events-value', 'at');
  const raw = rawBatchOf([framed, good]);
  await decoder.prepare(raw);
  const { batch, faults } = decoder.decode(raw, 0, 2);
  t.match(faults, [{ index: 0, code: 'SCHEMA_INVALID', message: /language is JSON/ }]);
  t.equal(batch.size, 1);
  const object = await codec.decoder<Event>('events-value');
  await t.rejects(object.decode(framed), { code: 'SCHEMA_INVALID' });
});

t.test('records: round trip, and errors that name the field', async (t) => {
  const codec = new AvroCodec(new ProjectSchemas({ registry: { url: null }, schemaFolders: [] }));
  const encoder = await codec.encoder<Record<string, unknown>>('flights.predictions-value');
  const decoder = await codec.decoder<Record<string, unknown>>('flights.predictions-value');
  const prediction = {
    id: 'flights-0-7',
    key: 'x'.repeat(10_000),
    eventTime: 1_357_034_400_000,
    score: 0.25,
    version: 'v1',
    flags: 5,
  };
  t.strictSame({ ...(await decoder.decode(encoder.encode(prediction))) }, prediction);
  t.throws(() => encoder.encode({ ...prediction, flags: 'none' }), {
    code: 'SCHEMA_INVALID',
    message: /field flags/,
  });
  await t.rejects(decoder.decode(Buffer.from('text')), { code: 'EVENT_NOT_FRAMED' });
  await t.rejects(decoder.decode(encoder.encode(prediction).subarray(0, 20)), { code: 'EVENT_MALFORMED' });
  await t.rejects(decoder.decode(Buffer.from([0, 0, 0, 99, 0, 1])), { code: 'SCHEMA_UNKNOWN' });
  await t.rejects(codec.encoder('flights.unheard-of-value'), {
    code: 'SCHEMA_INVALID',
    message: /no schema file/,
  });
});

t.test('every schema of Millrace itself can be used', async (t) => {
  const codec = new AvroCodec(new ProjectSchemas({ registry: { url: null }, schemaFolders: [] }));
  const kinds = [
    'predictions',
    'dead-letters',
    'late',
    'drift-reports',
    'retraining-jobs',
    'model-updates',
    'labels',
  ];
  for (const kind of kinds) await codec.encoder(`any.${kind}-value`);
  t.pass();
});

t.test('event time must be a number column', async (t) => {
  const codec = new AvroCodec(
    new ProjectSchemas({
      registry: { url: null },
      schemaFolders: [folderWith({ 'events-value': FIELDS })],
    }),
  );
  await t.rejects(avroDecoder(codec, 'events-value', 'id'), {
    code: 'TOPOLOGY_INVALID',
    message: /Name one of at/,
  });
  await t.rejects(avroDecoder(codec, 'events-value', 'time'), { code: 'TOPOLOGY_INVALID' });
});

t.test('a full dictionary is followed by a new one; a batch has one', async (t) => {
  const codec = new AvroCodec(
    new ProjectSchemas({
      registry: { url: null },
      schemaFolders: [folderWith({ 'events-value': FIELDS })],
    }),
  );
  const encoder = await codec.encoder<Event>('events-value');
  const decoder = await avroDecoder(codec, 'events-value', 'at');
  const seen = new Set<unknown>();
  const rows = DICTIONARY_SIZE_MAX / 8;
  for (let b = 0; b < 4; b++) {
    const raw = rawBatchOf(
      Array.from({ length: rows }, (_, i) => encoder.encode({ id: `id-${b * rows + i}`, at: i })),
    );
    await decoder.prepare(raw);
    const column = decoder.decode(raw, 0, rows).batch.columns['id']!;
    if (column.kind !== 'string') throw new Error('id is a string column');
    seen.add(column.dictionary);
    t.equal(column.dictionary.decode(column.codes[rows - 1]!), `id-${b * rows + rows - 1}`);
  }
  t.ok(seen.size > 1, 'new ids alone: the dictionary does not grow for ever');
});

t.test('a registry that does not answer is named', async (t) => {
  const codec = new AvroCodec(
    new ProjectSchemas({
      registry: { url: 'http://127.0.0.1:1' },
      schemaFolders: [folderWith({ 'events-value': FIELDS })],
    }),
  );
  await t.rejects(codec.encoder('events-value'), { code: 'REGISTRY_UNAVAILABLE', message: /127\.0\.0\.1:1/ });
});
