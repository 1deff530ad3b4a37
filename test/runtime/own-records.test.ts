// Records of a stranger in Millrace's own topics, and a registry that is away while they are read.
import t from 'tap';
import { MillraceError } from '../../src/core/errors.ts';
import type { RecordDecoder } from '../../src/ports/codec.ts';
import type { EventLog } from '../../src/ports/event-log.ts';
import { OwnRecords, unchecked } from '../../src/runtime/own-records.ts';
import { PredictionsTopic } from '../../src/runtime/recovery/predictions-topic.ts';
import type { PredictionRecord } from '../../src/runtime/records.ts';
import { FakeTelemetry } from '../../src/testing/index.ts';
import { FakeQuarantine } from '../support/fake-quarantine.ts';
import { rawBatchOf } from '../adapters/avro/raw-batch.ts';

/** The value is the id of the prediction, or the code of an error. */
const decoder: RecordDecoder<PredictionRecord> = {
  decode(value) {
    const text = value.toString();
    if (text === 'stray') return Promise.reject(new MillraceError('SCHEMA_UNKNOWN', 'no schema with id 9'));
    if (text === 'damaged') return Promise.reject(new MillraceError('EVENT_MALFORMED', 'damaged'));
    if (text === 'away') return Promise.reject(new MillraceError('REGISTRY_UNAVAILABLE', 'away'));
    return Promise.resolve({ id: text, key: 'k', eventTime: 0, score: 0, version: 'v1', flags: 0 });
  },
};

function topicOf(values: readonly string[]): PredictionsTopic {
  const raw = rawBatchOf(values.map((value) => Buffer.from(value)));
  const log = {
    offsets: () => Promise.resolve([{ low: 0, high: values.length }]),
    read: async function* read() {
      yield raw;
    },
  };
  return new PredictionsTopic(
    log as unknown as EventLog,
    { source: 'orders', predictions: 'p' },
    decoder,
    new FakeQuarantine(),
  ); // the rest is not used
}

t.test('a predictions topic with records of others is read as if they were not there', async (t) => {
  const topic = topicOf(['orders-0-1', 'stray', 'damaged', 'no id', 'orders-7-3', 'orders-0-2']);
  const found = [];
  for await (const part of topic.read(0, 0, 6)) found.push(...part);
  t.strictSame(
    found.map(({ at, offset }) => [at, offset]),
    [
      [0, 1],
      [5, 2],
    ],
  );
  t.equal(await topic.last(0), 2);
  await t.rejects(
    topicOf(['away']).last(0),
    { code: 'REGISTRY_UNAVAILABLE' },
    'an outage is no stray record',
  );
});

t.test('a follower quarantines stray records, and waits for the registry', async (t) => {
  const telemetry = new FakeTelemetry();
  const quarantine = new FakeQuarantine();
  let left = 2;
  const recovering: RecordDecoder<string> = {
    decode: (value) =>
      left-- > 0
        ? Promise.reject(new MillraceError('REGISTRY_UNAVAILABLE', 'away'))
        : Promise.resolve(value.toString()),
  };
  const raw = rawBatchOf([Buffer.from('a'), null, Buffer.from('stray'), Buffer.from('damaged')]);
  const strings = new OwnRecords(recovering, unchecked, quarantine);
  t.equal(await strings.follow(raw, 0, telemetry), 'a');
  t.equal(await strings.follow(raw, 1, telemetry), null);
  const records = new OwnRecords(decoder, unchecked, quarantine);
  t.equal(await records.follow(raw, 2, telemetry), null);
  t.equal(await records.read(raw, 3), null);
  t.match(quarantine.records, [
    { topic: raw.origin.topic, partition: raw.origin.partition, offset: 2, reason: 'version' },
    { offset: 3, reason: 'malformed', value: Buffer.from('damaged') },
  ]);
});

t.test('a record that an engine cannot have written is quarantined with the reason', async (t) => {
  const quarantine = new FakeQuarantine();
  const records = new OwnRecords(decoder, () => ({ reason: 'range', detail: 'too far' }), quarantine);
  t.equal(await records.read(rawBatchOf([Buffer.from('orders-0-1')]), 0), null);
  t.match(quarantine.records, [{ reason: 'range', detail: 'too far' }]);
});

t.test('credentials that the registry denies say nothing about a record', async (t) => {
  const quarantine = new FakeQuarantine();
  const denied: RecordDecoder<string> = {
    decode: () => Promise.reject(new MillraceError('REGISTRY_FAILED', 'denied')),
  };
  const records = new OwnRecords(denied, unchecked, quarantine);
  await t.rejects(records.read(rawBatchOf([Buffer.from('a')]), 0), { code: 'REGISTRY_FAILED' });
  t.same(quarantine.records, []);
});
