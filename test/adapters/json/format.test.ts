// The JSON format in a source: on an engine, framed by a registry, and encoded by its own encoder.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { misfits, refusesMisfits } from '../../support/misfits.ts';
import { ProjectSchemas } from '../../../src/adapters/schemas/project-schemas.ts';
import { avro } from '../../../src/adapters/avro/format.ts';
import type { Batch, RawBatch } from '../../../src/core/batch.ts';
import { BatchBuilder, SourceColumns } from '../../../src/core/batch-builder.ts';
import type { Columns } from '../../../src/core/columns.ts';
import {
  boolean,
  defineTopology,
  double,
  enumeration,
  features,
  float,
  int,
  json,
  long,
  nullable,
  numeric,
  score,
  source,
  string,
  timestamp,
  watermarks,
  type EventRow,
  type FormatSource,
  type Topology,
} from '../../../src/index.ts';
import { EmbeddedRun } from '../../../src/testing/index.ts';
import { SourceFormat } from '../../../src/topology/source-format.ts';
import { rawBatchOf } from '../avro/raw-batch.ts';
import { jsonRows } from './rows.ts';

const columns = {
  id: string,
  kind: enumeration(['card', 'bank transfer']),
  flag: boolean,
  small: float,
  count: int,
  total: long,
  'after.amount': nullable(double),
  'after.by.name': nullable(string),
  at: timestamp,
} satisfies Columns;

const payments = source('payments', { schema: columns, eventTime: 'at', partitions: 1, format: json() });

function topologyOf(from: typeof payments): Topology {
  return defineTopology(from, {
    name: 'payments-json',
    stages: [
      watermarks({ allowedAheadMs: Number.POSITIVE_INFINITY }),
      features({ fields: { amount: numeric('after.amount') } }),
      score({ key: 'id' }),
    ],
  });
}

const event = { id: 'a', kind: 'card', flag: true, small: 0.5, count: 1, total: 2, at: 1_000 };

t.test('an engine reads objects, and dead letters say what is wrong with the others', async (t) => {
  const run = await EmbeddedRun.start(topologyOf(payments));
  await run.send([{ ...event, 'after.amount': 7 }]);
  const other = { ...event, id: 'b', at: '1970-01-01T00:00:02Z', after: null, more: [{ a: 1 }] };
  await run.sendValues([JSON.stringify(other), '{"id":"c"', 'no JSON'].map((text) => Buffer.from(text)));
  await run.sendValues([null, Buffer.from(JSON.stringify({ ...event, at: 1e300 }))]);
  await run.committed();
  t.strictSame(
    (await run.predictions()).map(({ key }) => key),
    ['a', 'b'],
  );
  t.strictSame(
    (await run.deadLetters()).map(({ code, message }) => `${code}: ${message.replace(/\d{9,}/, 'n')}`),
    [
      'EVENT_MALFORMED: the text ends too early, at byte 9',
      'EVENT_MALFORMED: the text is no JSON object, at byte 0',
      'EVENT_MALFORMED: the record has no value',
      'EVENT_TIME_RANGE: the event time, 1e+300 ms since 1970, is not between the years 1900 and 2300',
    ],
  );
  await run.stop();
});

function formatSource(schemas: ProjectSchemas): FormatSource {
  const { schema: declared, topic, eventTime } = payments;
  return { topic, subject: 'payments-value', eventTime, columns: {}, declared: declared ?? null, schemas };
}

const registry = (): ProjectSchemas => new ProjectSchemas({ registry: { url: null }, schemaFolders: [] });

function framed(id: number, value: Buffer): Buffer {
  const frame = Buffer.alloc(5);
  frame.writeInt32BE(id, 1);
  return Buffer.concat([frame, value]);
}

t.test('the language of the schema that a record names decides', async (t) => {
  const schemas = registry();
  const ids = {
    json: await schemas.idOf('j', { language: 'JSON', text: '{"type":"object"}' }),
    avro: await schemas.idOf('a', { language: 'AVRO', text: '"string"' }),
  };
  const value = Buffer.from(JSON.stringify(event));
  const values = [
    framed(ids.json, value),
    value,
    framed(ids.avro, value),
    framed(99, value),
    Buffer.of(0, 0),
  ];
  const outcomes = async (format: 'json' | 'avro'): Promise<string[]> => {
    const from = format === 'json' ? payments : { ...payments, format: avro(), schema: { at: timestamp } };
    return decoded(new SourceFormat(from, schemas, avro()), values);
  };
  t.strictSame(await outcomes('json'), [
    'event',
    'event',
    `SCHEMA_INVALID: schema id ${ids.avro} cannot be read by the topology's: its language is AVRO`,
    'SCHEMA_UNKNOWN: the registry the registry in the process has no schema with id 99',
    'EVENT_MALFORMED: the text is no JSON object, at byte 0',
  ]);
  const notFramed = 'EVENT_NOT_FRAMED: the bytes do not begin with a zero byte and a schema id';
  t.match(await outcomes('avro'), [
    `SCHEMA_INVALID: schema id ${ids.json} cannot be read by the topology's: its language is JSON`,
    notFramed,
    /^SCHEMA_INVALID/,
    /^SCHEMA_UNKNOWN/,
    notFramed,
  ]);
});

t.test('what the encoder writes is read back', async (t) => {
  const encoder = (await json().encoder?.(formatSource(registry())))!;
  const rows = jsonRows(columns, 'at');
  const text = fc.string({ unit: 'grapheme', maxLength: 9 });
  const row = fc.record(
    {
      id: text,
      kind: fc.constantFrom('card', 'bank transfer'),
      flag: fc.constantFrom(0, 1),
      small: fc.float({ noNaN: true, noDefaultInfinity: true }),
      count: fc.integer(),
      total: fc.maxSafeInteger(),
      'after.amount': fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
      'after.by.name': fc.option(text),
      at: fc.integer({ min: -1e12, max: 1e13 }),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(row, (given: EventRow) => {
      assert.deepStrictEqual(rows.read(encoder.encode(given)), given);
    }),
    { numRuns: 200 },
  );
  t.equal(
    encoder.encode({ ...event, 'after.by.name': 'x' }).toString(),
    '{"id":"a","kind":"card","flag":true,"small":0.5,"count":1,"total":2,"after":{"by":{"name":"x"}},"at":1000}',
  );
});

t.test('the encoder refuses what does not fit, by the column', async (t) => {
  const encoder = (await json().encoder?.(formatSource(registry())))!;
  const rows = misfits;
  refusesMisfits(t, encoder, event, { source: 'payments', rows });
});

t.test('strings with escapes and without take turns', async (t) => {
  const source = { ...payments, schema: { id: string, at: timestamp, note: string } };
  const texts = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? `plain ${i}` : `line\n${i}`));
  const values = texts.map((text) => Buffer.from(JSON.stringify({ id: text, at: 0, note: `${text}\t` })));
  const found = await batchOf(new SourceFormat(source, registry(), avro()), values);
  const { id, note } = found.columns;
  if (id?.kind !== 'string' || note?.kind !== 'string') return t.fail('both are strings');
  t.strictSame(
    [...id.codes].map((code) => id.dictionary.decode(code)),
    texts,
  );
  t.strictSame(
    [...note.codes].map((code) => note.dictionary.decode(code)),
    texts.map((text) => `${text}\t`),
  );
});

t.test('columns must be declared, and none may be in another', async (t) => {
  const decoder = (from: Partial<FormatSource>): Promise<unknown> =>
    json().decoder({ ...formatSource(registry()), ...from });
  await t.rejects(decoder({ columns: null, declared: null }), {
    code: 'SCHEMA_INVALID',
    remedy: /schema: \{/,
  });
  await t.rejects(decoder({ declared: { after: string, 'after.x': string } }), { code: 'SCHEMA_INVALID' });
});

async function built(format: SourceFormat, raw: RawBatch): Promise<BatchBuilder> {
  const decoder = await format.decoder();
  await decoder.prepare?.(raw);
  const into = new BatchBuilder(new SourceColumns(decoder.schema, 'at'), 0, raw.count, true);
  decoder.decode(raw, 0, raw.count, into);
  return into;
}

async function batchOf(format: SourceFormat, values: readonly Buffer[]): Promise<Batch> {
  const raw = rawBatchOf(values);
  return (await built(format, raw)).batch(raw, raw.count);
}

async function decoded(format: SourceFormat, values: readonly Buffer[]): Promise<string[]> {
  const into = await built(format, rawBatchOf(values));
  const faults = new Map(into.faults.map(({ index, code, message }) => [index, `${code}: ${message}`]));
  return values.map((_, index) => faults.get(index) ?? 'event');
}
