import { Kafka, logLevel, type EachMessagePayload } from 'kafkajs';
import t from 'tap';
import { kafkaBrokers, uniqueName } from '../../support/services.ts';

const kafka = new Kafka({
  clientId: 'services-test',
  brokers: kafkaBrokers().split(','),
  logLevel: logLevel.NOTHING,
});
const input = uniqueName('in');
const output = uniqueName('out');
const group = uniqueName('group');

const admin = kafka.admin();
const producer = kafka.producer({
  transactionalId: uniqueName('tx'),
  maxInFlightRequests: 1,
  idempotent: true,
});
const consumer = kafka.consumer({ groupId: uniqueName('reader'), readUncommitted: false });
t.teardown(async () => {
  await consumer.disconnect();
  await producer.disconnect();
  await admin.disconnect();
});

await t.test('a transaction commits records and offsets together, an aborted one neither', async (t) => {
  await admin.connect();
  const topics = [input, output].map((topic) => ({ topic, numPartitions: 1, replicationFactor: 1 }));
  await admin.createTopics({ topics, waitForLeaders: true });
  await producer.connect();

  const aborted = await producer.transaction();
  await aborted.send({ topic: output, messages: [{ key: 'k', value: 'aborted' }] });
  await aborted.sendOffsets({
    consumerGroupId: group,
    topics: [{ topic: input, partitions: [{ partition: 0, offset: '9' }] }],
  });
  await aborted.abort();
  const committed = await producer.transaction();
  await committed.send({ topic: output, messages: [{ key: 'k', value: 'committed' }] });
  await committed.sendOffsets({
    consumerGroupId: group,
    topics: [{ topic: input, partitions: [{ partition: 0, offset: '5' }] }],
  });
  await committed.commit();

  const offsets = await admin.fetchOffsets({ groupId: group, topics: [input] });
  t.same(
    offsets.map(({ topic, partitions }) => [topic, partitions.map(({ offset }) => offset)]),
    [[input, ['5']]],
  );
});

await t.test('a read_committed consumer sees the committed record alone', async (t) => {
  await consumer.connect();
  await consumer.subscribe({ topic: output, fromBeginning: true });
  const seen: string[] = [];
  const first = Promise.withResolvers<null>();
  await consumer.run({
    eachMessage: async ({ message }: EachMessagePayload) => {
      seen.push(message.value?.toString() ?? '');
      first.resolve(null);
    },
  });
  await first.promise;
  t.same(seen, ['committed']);
});

await t.test('topics are not created by a typing error', async (t) => {
  const plain = kafka.producer({ retry: { retries: 0 } });
  await plain.connect();
  await t.rejects(plain.send({ topic: uniqueName('nowhere'), messages: [{ value: 'x' }] }));
  await plain.disconnect();
});
