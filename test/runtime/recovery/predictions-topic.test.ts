// What other programs wrote into the predictions topic neither ends a process nor moves what it believes to be committed.
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import type { PredictionRecord } from '../../../src/runtime/records.ts';
import { PredictionsTopic } from '../../../src/runtime/recovery/predictions-topic.ts';
import { FakeQuarantine } from '../../support/fake-quarantine.ts';
import { codec } from '../../support/orders-stream.ts';

const topics = { source: 'orders', predictions: 'orders.predictions' };

t.test('foreign records are skipped and reported', async (t) => {
  const log = new EmbeddedLog({ path: null });
  t.teardown(() => log.close());
  const spec = { partitions: 1, compacted: false, retentionMs: -1 };
  await log.ensureTopics([
    { ...spec, topic: topics.source },
    { ...spec, topic: topics.predictions },
  ]);
  const event = { key: null, value: Buffer.from('x'), timestampMs: 0 };
  await log.publish(
    topics.source,
    Array.from({ length: 10 }, () => event),
  );
  const encoder = await codec.encoder<PredictionRecord>('orders.predictions-value');
  const prediction = (id: string): Buffer =>
    encoder.encode({ id, key: 'k', eventTime: 0, score: 0.5, flags: 0, version: 'v1' });
  const values = [
    prediction('orders-0-3'),
    Buffer.from('no prediction'),
    Buffer.alloc(0),
    prediction('orders-0-7'),
    prediction('other-0-8'),
    prediction('orders-1-8'),
    prediction('orders-0-900000000000000'),
    prediction('orders-0-10'),
    prediction('anything'),
    Buffer.from([0, 0, 0, 99, 99, 1]),
  ];
  await log.publish(
    topics.predictions,
    values.map((value) => ({ key: null, value, timestampMs: 0 })),
  );
  const quarantine = new FakeQuarantine();
  const asked: string[] = [];
  const offsetsOf = log.offsets.bind(log);
  log.offsets = (name) => {
    asked.push(name);
    return offsetsOf(name);
  };
  const topic = await PredictionsTopic.open(log, topics, codec, quarantine);
  t.equal(await topic.last(0), 7);
  const offsets: number[] = [];
  for await (const found of topic.read(0, 0, values.length))
    offsets.push(...found.map(({ offset }) => offset));
  t.same(offsets, [3, 7]);
  t.equal(await topic.seek(0, 3), 1);
  t.same(
    new Map(quarantine.places),
    new Map([
      [1, 'malformed'],
      [2, 'malformed'],
      [4, 'foreign'],
      [5, 'foreign'],
      [6, 'range'],
      [7, 'range'],
      [8, 'foreign'],
      [9, 'version'],
    ]),
  );
  t.same(
    asked.filter((name) => name === topics.source),
    [topics.source],
    'the records of one range need one look-up',
  );
});
