// Random bytes, and records of the engine's own that were changed, into the decoder and the checks of every topic: each
// either is a record or is quarantined, and nothing is thrown, looped over or allocated by a number in the bytes.
import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { championManifest } from '../../bench/fleet/champion-manifest.ts';
import { exactJson } from '../../src/core/exact-json.ts';
import { MANIFEST_BYTES_MAX } from '../../src/core/model-limits.ts';
import { parseManifest } from '../../src/core/manifest.ts';
import { ControlObservations } from '../../src/operators/observations.ts';
import {
  addObservations,
  observationFault,
  observationRecords,
  type ObservationsRecord,
} from '../../src/runtime/boundaries/observation-record.ts';
import { letterFault } from '../../src/runtime/commit/letter-fault.ts';
import { jobFault } from '../../src/runtime/learning/job-fault.ts';
import { manifestOf, updateFault } from '../../src/runtime/models/model-update.ts';
import { OwnRecords, type RecordCheck } from '../../src/runtime/own-records.ts';
import { parseMetadata } from '../../src/runtime/recovery/committed-position.ts';
import type { DeadLetterRecord, ModelUpdateRecord, RetrainingJobRecord } from '../../src/runtime/records.ts';
import { rawBatchOf } from '../adapters/avro/raw-batch.ts';
import { FakeQuarantine } from '../support/fake-quarantine.ts';
import { ordersCodec, ordersTopology } from '../support/orders.ts';
import { NO_REFERENCE } from '../../src/stats/drift-reference.ts';

const topology = ordersTopology({ partitions: 1 });
const codec = ordersCodec();
t.teardown(() => codec.close());
const FAR_MS = Date.UTC(2290, 0, 1);
const nothing = Buffer.alloc(0);
const manifest = championManifest(topology, 'v1', NO_REFERENCE, nothing);

const [observation] = observationRecords(
  10,
  new ControlObservations({ topic: 'orders', partition: 0 }).drain(true),
) as [ObservationsRecord];
const update: ModelUpdateRecord = {
  topology: 'orders',
  version: 'v1',
  status: 'champion',
  model: nothing,
  artifact: null,
  manifest: gzipSync(exactJson(manifest)).toString('base64'),
  reason: 'promoted',
  atMs: 5,
};
const job: RetrainingJobRecord = {
  topology: 'orders',
  version: 'v2',
  reason: 'volume',
  atMs: 5,
  fromMs: 1,
  champion: 'v1',
  seed: 1,
  changeMs: null,
};
const letter: DeadLetterRecord = {
  topic: 'orders',
  partition: 0,
  offset: 3,
  key: null,
  value: null,
  timestampMs: 1,
  code: 'EVENT_MALFORMED',
  message: '',
  failedAtMs: 2,
  cut: null,
};

/** @param use what a reader does with a record that has passed */
async function topicOf<T extends object>(
  kind: string,
  sound: T,
  check: RecordCheck<T>,
  use: (record: T) => unknown = () => undefined,
) {
  const decoder = await codec.decoder<T>(`orders.${kind}-value`);
  const encoder = await codec.encoder<T>(`orders.${kind}-value`);
  return { kind, sound, decoder, encoder, check, use };
}

const observations = await topicOf('observations', observation, observationFault, (record) =>
  addObservations('orders', null, record),
);
const topics = [
  observations,
  await topicOf('model-updates', update, (record) => updateFault('orders', record), manifestOf),
  await topicOf('retraining-jobs', job, (record) => jobFault('orders', record)),
  await topicOf('dead-letters', letter, (record) => letterFault('orders', record)),
];

type Topic = (typeof topics)[number];

async function takes({ decoder, check, use }: Topic, bytes: Buffer): Promise<boolean> {
  const quarantine = new FakeQuarantine();
  // Each topic has a check and a use of its own records.
  const records = new OwnRecords(decoder, check as RecordCheck<object>, quarantine);
  const record = await records.read(rawBatchOf([bytes]), 0);
  if (record !== null) (use as (record: object) => unknown)(record);
  return record !== null && quarantine.records.length === 0;
}

for (const topic of topics) {
  const sound = topic.encoder.encode(topic.sound as never); // its own record
  t.test(`${topic.kind}: random and changed bytes`, async (t) => {
    t.ok(await takes(topic, sound), 'the sound record passes');
    const framed = (bytes: Uint8Array): Buffer => Buffer.concat([sound.subarray(0, 5), bytes]);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        await takes(topic, Buffer.from(bytes));
        await takes(topic, framed(bytes));
      }),
      { numRuns: 300 },
    );
    const changes = fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(changes, fc.nat(sound.length), async (changed, length) => {
        const bytes = Buffer.from(sound);
        for (const [at, byte] of changed) bytes[at] = byte;
        await takes(topic, bytes);
        await takes(topic, bytes.subarray(0, length));
      }),
      { numRuns: 300 },
    );
  });

  t.test(`${topic.kind}: numbers and texts that no engine writes`, async () => {
    const number = fc.oneof(
      fc.constantFrom(-1, 99, 1e12, FAR_MS, 8_640_000_000_000_001),
      fc.maxSafeInteger(),
    );
    const value = fc.oneof(number, fc.string({ maxLength: 300 }), fc.constant(null), fc.uint8Array());
    const field = fc.constantFrom(...Object.keys(topic.sound));
    await fc.assert(
      fc.asyncProperty(fc.dictionary(field, value, { maxKeys: 4 }), async (changed) => {
        let bytes: Buffer;
        try {
          bytes = topic.encoder.encode({ ...topic.sound, ...changed } as never); // or not, which throws
        } catch {
          return;
        }
        await takes(topic, bytes);
      }),
      { numRuns: 500 },
    );
  });
}

/** Avro's zigzag varint. */
function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let left = value >= 0n ? value * 2n : -value * 2n - 1n;
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128);
  return Buffer.from([...bytes, Number(left)]);
}

t.test('a list that claims more items than it has bytes is not looped over', async (t) => {
  const sound = observations.encoder.encode(observation);
  for (const claimed of [varint(2n ** 52n), Buffer.concat([varint(-(2n ** 52n)), varint(0n)])]) {
    // The empty list of versions, and the empty labels after it, are the last two bytes.
    const bytes = Buffer.concat([sound.subarray(0, -2), claimed]);
    t.notOk(await takes(observations, bytes));
  }
});

t.test('manifests: whatever is in them, they are one or they are refused', async (t) => {
  const bomb = gzipSync(Buffer.alloc(MANIFEST_BYTES_MAX + 1)).toString('base64');
  t.match(updateFault('orders', { ...update, manifest: bomb }), { reason: 'too_large' });
  t.match(updateFault('orders', { ...update, manifest: 'AAAA' }), { reason: 'malformed' });
  const field = fc.constantFrom(...Object.keys(manifest));
  fc.assert(
    fc.property(fc.dictionary(field, fc.jsonValue(), { maxKeys: 3 }), (changed) => {
      const packed = gzipSync(JSON.stringify({ ...manifest, ...changed })).toString('base64');
      const fault = updateFault('orders', { ...update, manifest: packed });
      if (fault === null) manifestOf({ ...update, manifest: packed });
    }),
    { numRuns: 300 },
  );
  for (const json of ['[]', '5', '"x"', '{"params":null}', '{"params":{}}', '['.repeat(50_000)])
    t.throws(() => parseManifest(json));
});

t.test('metadata of an offset: any text says something or nothing', async () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      parseMetadata(text);
    }),
  );
});
