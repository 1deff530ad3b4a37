// Records of a stranger in Millrace's own topics, and a registry that is away while they are read.
import t from 'tap';
import { MillraceError } from '../../src/core/errors.ts';
import type { RecordDecoder } from '../../src/ports/codec.ts';
import type { EventLog } from '../../src/ports/event-log.ts';
import { followOwn, readOwn } from '../../src/runtime/own-records.ts';
import { PredictionsTopic } from '../../src/runtime/recovery/predictions-topic.ts';
import type { PredictionRecord } from '../../src/runtime/records.ts';
import { FakeTelemetry } from '../../src/testing/index.ts';
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
  return new PredictionsTopic(log as unknown as EventLog, { source: 'orders', predictions: 'p' }, decoder); // the rest is not used
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

t.test('a follower reports stray records, and waits for the registry', async (t) => {
  const telemetry = new FakeTelemetry();
  let left = 2;
  const recovering: RecordDecoder<string> = {
    decode: (value) =>
      left-- > 0
        ? Promise.reject(new MillraceError('REGISTRY_UNAVAILABLE', 'away'))
        : Promise.resolve(value.toString()),
  };
  t.equal(await followOwn(recovering, Buffer.from('a'), 'updates-0', telemetry), 'a');
  t.equal(await followOwn(decoder, Buffer.from('stray'), 'updates-0', telemetry), null);
  const strays: string[] = [];
  t.equal(await readOwn(decoder, Buffer.from('damaged'), (why) => strays.push(why)), null);
  t.match(strays, [/damaged/]);
});
