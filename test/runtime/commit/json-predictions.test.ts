// Predictions as JSON: what is written reads back as what Avro would, and a restart sends nothing twice.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { AvroCodec } from '../../../src/adapters/avro/codec.ts';
import { ProjectSchemas } from '../../../src/adapters/schemas/project-schemas.ts';
import {
  defineTopology,
  double,
  features,
  json,
  numeric,
  score,
  source,
  string,
  timestamp,
  watermarks,
  type Topology,
} from '../../../src/index.ts';
import { jsonPredictions } from '../../../src/runtime/commit/json-predictions.ts';
import { openPredictionDecoder } from '../../../src/runtime/prediction-decoder.ts';
import type { PredictionRecord } from '../../../src/runtime/records.ts';
import { EmbeddedRun } from '../../../src/testing/index.ts';

const topics = { predictions: 'p.predictions' };
const codec = new AvroCodec(new ProjectSchemas({ registry: { url: null }, schemaFolders: [] }));
const decoder = await openPredictionDecoder(codec, topics);

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const row = fc.record(
  {
    offset: fc.nat({ max: 2 ** 40 }),
    key: fc.oneof(text, fc.constantFrom('"\\', '\u0000\u001f\u007f', '\u2028😀')),
    eventTime: fc.integer({ min: -2e12, max: 1e13 }),
    score: fc.float({ noDefaultInfinity: true, noNaN: true }),
    flags: fc.nat({ max: 255 }),
  },
  { noNullPrototype: true },
);

t.test('every row reads back, from anywhere in a block', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 20 }),
      fc.nat(),
      text,
      async (rows, skip, version) => {
        const from = skip % rows.length;
        const values = jsonPredictions.encode(
          {
            id: {
              kind: 'numbered',
              prefix: 'orders-0-',
              values: Float64Array.from(rows, ({ offset }) => offset),
            },
            key: { kind: 'strings', values: rows.map(({ key }) => key) },
            eventTime: { kind: 'numbers', values: Float64Array.from(rows, ({ eventTime }) => eventTime) },
            score: { kind: 'numbers', values: Float32Array.from(rows, (one) => one.score) },
            version: { kind: 'same', value: version },
            flags: { kind: 'numbers', values: Uint8Array.from(rows, ({ flags }) => flags) },
          },
          from,
          rows.length,
        );
        assert.equal(values.length, rows.length - from);
        for (const [i, value] of [...values].entries()) {
          const { offset, ...others } = rows[from + i]!;
          const record = await decoder.decode(value!);
          const expected = { id: `orders-0-${offset}`, ...others, version };
          assert.deepStrictEqual(record, expected);
        }
      },
    ),
    { numRuns: 200 },
  );
  t.pass('200 blocks');
});

t.test('a topic may have both formats, and what is no prediction is malformed', async (t) => {
  const record: PredictionRecord = {
    id: 'o-0-1',
    key: 'k',
    eventTime: 5,
    score: 0.25,
    version: 'v',
    flags: 0,
  };
  const avro = await codec.encoder<PredictionRecord>('p.predictions-value');
  t.match(await decoder.decode(avro.encode(record)), record);
  t.match(await decoder.decode(Buffer.from(JSON.stringify(record))), record);
  t.match(await decoder.decode(Buffer.from(JSON.stringify({ ...record, score: null }))), {
    score: Number.NaN,
  });
  const bad = [
    '{',
    '{}',
    '{"id":1}',
    JSON.stringify({ ...record, flags: 0.5 }),
    JSON.stringify({ ...record, score: '1' }),
  ];
  for (const value of bad)
    await t.rejects(decoder.decode(Buffer.from(value)), { code: 'EVENT_MALFORMED' }, value);
  await t.rejects(decoder.decode(Buffer.from([0x7b, 0xff])), { code: 'EVENT_MALFORMED' });
});

function topologyOf(format?: 'avro' | 'json'): Topology {
  const orders = source('orders', {
    schema: { id: string, amount: double, at: timestamp },
    eventTime: 'at',
    partitions: 1,
    format: json(),
  });
  return defineTopology(orders, {
    stages: [watermarks(), features({ fields: { amount: numeric('amount') } }), score({ key: 'id' })],
    ...(format === undefined ? {} : { predictions: { format } }),
  });
}

t.test('an engine writes JSON, and after a crash nothing twice', async (t) => {
  const runs = await Promise.all(
    ['avro', 'json'].map((format) => EmbeddedRun.start(topologyOf(format as 'json'))),
  );
  const [avro, inJson] = await Promise.all(
    runs.map(async (run) => {
      const events = Array.from({ length: 20 }, (_, i) => ({ id: `"${i}"\n`, amount: i, at: i * 1_000 }));
      await run.send(events.slice(0, 10));
      await run.committed();
      await run.crash();
      await run.restart();
      await run.send(events.slice(10));
      await run.committed();
      const predictions = await run.predictions();
      await run.stop();
      return predictions;
    }),
  );
  t.equal(inJson?.length, 20);
  t.strictSame(inJson, avro);
});

t.test('other formats are refused by name', async (t) => {
  for (const predictions of [{ format: 'protobuf' }, { fromat: 'json' }, 'json', null]) {
    const define = (): Topology => defineTopology({ ...topologyOf(), predictions } as unknown as Topology);
    t.throws(define, { code: 'TOPOLOGY_INVALID', message: /predictions/ }, JSON.stringify(predictions));
  }
});
