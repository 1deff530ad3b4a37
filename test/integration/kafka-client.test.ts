// The contract of the Kafka client (src/adapters/kafka/client/kafka-client.ts) on a real broker of version KAFKA_VERSION:
// `npm run test:kafka` runs it on each supported version.
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { createKafkaClient } from '../../src/adapters/kafka/client/create-client.ts';
import { errorCode, UNKNOWN_TOPIC_OR_PARTITION } from '../../src/adapters/kafka/client/error-codes.ts';
import type {
  BrokerConnections,
  ProducerIdentity,
  TransactionRequests,
} from '../../src/adapters/kafka/client/kafka-client.ts';
import { KafkaError } from '../../src/adapters/kafka/client/kafka-error.ts';
import { TopicLimits } from '../../src/adapters/kafka/topic-limits.ts';
import { PartitionBatches } from '../../src/adapters/kafka/records/partition-batches.ts';
import { fetchRequest } from '../../src/adapters/kafka/wire/fetch-request.ts';
import { rawBatchOf } from '../../src/adapters/kafka/wire/fetched.ts';
import { produceRequest } from '../../src/adapters/kafka/wire/produce-request.ts';
import { topicIdRequest } from '../../src/adapters/kafka/wire/topic-id-request.ts';
import { retriesWithin } from '../../src/resilience/retries.ts';
import { fresh, record, rowsOf, type Row, SUITE_MS_MAX } from '../contracts/event-log-kit.ts';
import { kafkaGroupContract } from '../contracts/kafka-group.ts';
import { kafkaBrokers } from '../support/services.ts';
import { quietTelemetry } from './quiet-telemetry.ts';

t.setTimeout(SUITE_MS_MAX);

const INVALID_PRODUCER_EPOCH = 47;
const NO_NODE = 77;

const client = createKafkaClient({ brokers: kafkaBrokers().split(',') }, quietTelemetry());
const connections = client.connections();
await connections.connect();
t.teardown(async () => {
  await connections.disconnect();
  await client.publisher.close();
  await client.admin.close();
});

const retries = retriesWithin(10_000, (error) => error instanceof KafkaError && error.isRetriable, {
  startMs: 2,
  maxMs: 100,
});

/** Retries like the engine: coordinators may still be loading, and markers of the last transaction be written. */
function retried<T>(transactions: TransactionRequests, request: () => Promise<T>): Promise<T> {
  let isRetry = false;
  return retries.execute(async () => {
    if (isRetry) transactions.forgetCoordinators();
    isRetry = true;
    return request();
  });
}

async function topicOf(partitions = 1, config: Readonly<Record<string, string>> = {}): Promise<string> {
  const topic = fresh('client');
  await client.admin.createTopics([
    { topic, partitions, replicationFactor: -1, config: { 'retention.ms': '-1', ...config } },
  ]);
  await connections.addTopics([topic]);
  return topic;
}

function leaderOf(topic: string): number {
  return connections.leader({ topic, partition: 0 }) ?? NO_NODE;
}

/** Committed records of partition 0 from `from` on. A fetch returns records of one segment at most. */
async function fetchFrom(topic: string, from = 0): Promise<Row[]> {
  const origin = { topic, partition: 0 };
  const rows: Row[] = [];
  for (let position = from; ;) {
    const answer = await connections.send(leaderOf(topic), fetchRequest([{ ...origin, position }], 0));
    const [fetched] = answer.partitions;
    if (fetched === undefined) throw new Error('the response of the broker has no partition');
    const batch = rawBatchOf(origin, fetched, position);
    if (batch === null) return rows;
    rows.push(...rowsOf(batch));
    position = batch.offsetNext;
  }
}

/** The same, once there are `count` records: markers of a transaction are written after its end is acknowledged. */
async function fetchCount(topic: string, count: number): Promise<Row[]> {
  for (let i = 0; i < 100; i++) {
    const rows = await fetchFrom(topic);
    if (rows.length >= count) return rows;
    await sleep(20);
  }
  return fetchFrom(topic);
}

/**
 * Sends one batch of one record, again while the answer is retriable: a broker that has just created a topic may not know
 * yet that it leads it. Returns the error code.
 */
async function produce(id: string, producer: ProducerIdentity, batches: PartitionBatches): Promise<number> {
  const { target } = batches;
  const sender = { producerId: BigInt(producer.producerId), producerEpoch: producer.producerEpoch };
  const request = produceRequest(id, 10_000, [{ ...target, ...batches.next(sender) }]);
  return retries.execute(async () => {
    const [answered] = await connections.send(leaderOf(target.topic), request);
    const code = answered?.errorCode ?? 0;
    if (code === 0 || !errorCode(code).isRetriable) return code;
    await connections.refresh();
    throw KafkaError.ofCode(code, target.topic);
  });
}

t.test('topics are created with their settings once, described, and listed', async (t) => {
  const topic = await topicOf(3);
  const again = { topic, partitions: 5, replicationFactor: -1, config: {} };
  await client.admin.createTopics([again]);
  t.strictSame(await client.admin.partitionCounts([topic]), new Map([[topic, 3]]), 'the topic is unchanged');
  const found = await client.admin.existing([topic, fresh('absent')]);
  t.strictSame(found, new Map([[topic, 3]]));
  const none = { low: 0, high: 0 };
  t.strictSame(await client.admin.offsets(topic), [none, none, none]);
  const bad = { ...again, topic: fresh('client'), config: { 'retention.ms': 'long' } };
  await t.rejects(client.admin.createTopics([bad]), { name: 'KafkaError', fault: 'refused' });
});

t.test('a topic that does not exist is rejected with its code', async (t) => {
  const refused = { name: 'KafkaError', fault: 'unavailable', code: UNKNOWN_TOPIC_OR_PARTITION };
  await t.rejects(client.admin.partitionCounts([fresh('absent')]), refused);
  const own = client.connections();
  await own.connect();
  await t.rejects(own.addTopics([fresh('absent')]), refused);
  await own.disconnect();
});

t.test('records are published to their partitions, and found by offset and by time', async (t) => {
  const topic = await topicOf(2);
  const records = [record('a', '1', 1_000), record('b', '2', 2_000), record('c', null, 3_000)];
  const placed = records.map((one) => ({ ...one, partition: 0, headers: { source: 'test' } }));
  await client.publisher.publish(topic, placed, 2, new TopicLimits());
  t.strictSame(await client.admin.offsets(topic), [
    { low: 0, high: 3 },
    { low: 0, high: 0 },
  ]);
  const partition = { topic, partition: 0 };
  t.equal(await connections.offset(partition, 'earliest'), 0);
  t.equal(await connections.offset(partition, 'latest'), 3);
  t.equal(await client.admin.offsetForTime(partition, 1_500), 1);
  t.equal(await client.admin.offsetForTime(partition, 9_000), 3);
  t.match(await fetchFrom(topic), [
    { offset: 0, key: 'a', value: '1', timestampMs: 1_000 },
    { offset: 1, key: 'b', value: '2', timestampMs: 2_000 },
    { offset: 2, key: 'c', value: null, timestampMs: 3_000 },
  ]);
  t.match(await fetchFrom(topic, 2), [{ offset: 2 }]);
});

t.test('leaders and brokers', async (t) => {
  const own = client.connections();
  t.throws(() => own.leader({ topic: 'x', partition: 0 }), { name: 'KafkaError', fault: 'unavailable' });
  const topic = await topicOf();
  t.ok(leaderOf(topic) >= 0);
  t.equal(connections.leader({ topic, partition: 1 }), undefined);
  await connections.refresh();
  const request = fetchRequest([{ topic, partition: 0, position: 0 }], 0);
  const newer = { ...request, apiVersion: 1_000 };
  await t.rejects(connections.send(leaderOf(topic), newer), { name: 'KafkaError', fault: 'unsupported' });
  await t.rejects(connections.send(NO_NODE, request), { name: 'KafkaError', fault: 'unavailable' });
});

t.test('a committed transaction is visible with its offset, an aborted one is not', async (t) => {
  const topic = await topicOf();
  const [id, groupId] = [fresh('transaction'), fresh('group')];
  const transactions = connections.transactions(id);
  const producer = await retried(transactions, () => transactions.init(60_000));
  const batches = new PartitionBatches({ topic, partition: 0 });
  const write = async (value: string): Promise<void> => {
    batches.append(record('k', value));
    const partitions = new Map([[topic, [0]]]);
    await retried(transactions, () => transactions.addPartitions(producer, partitions));
    t.equal(await produce(id, producer, batches), 0);
    batches.sent();
  };

  t.strictSame(await client.admin.committedOffsets(groupId, topic), new Map());
  await write('committed');
  await retried(transactions, () => transactions.addOffsets(producer, groupId));
  const offset = { groupId, topic, partition: 0, offset: 42, metadata: '1700000000000' };
  await retried(transactions, () => transactions.commitOffset(producer, offset));
  t.strictSame(await fetchFrom(topic), [], 'nothing is visible before the end');
  await transactions.end(producer, true);
  t.match(await fetchCount(topic, 1), [{ offset: 0, value: 'committed' }]);
  let committed = await client.admin.committedOffsets(groupId, topic);
  for (let i = 0; i < 100 && committed.size === 0; i++) {
    await sleep(20);
    committed = await client.admin.committedOffsets(groupId, topic);
  }
  t.strictSame(committed, new Map([[0, { offset: 42, metadata: '1700000000000' }]]));

  await write('aborted');
  await transactions.end(producer, false);
  transactions.forgetCoordinators();
  await write('after');
  await transactions.end(producer, true);
  // Each end of a transaction is a marker, which has an offset.
  t.match(await fetchCount(topic, 2), [
    { offset: 0, value: 'committed' },
    { offset: 4, value: 'after' },
  ]);
});

t.test('a producer is fenced in each request after another one has taken over its id', async (t) => {
  const topic = await topicOf();
  const id = fresh('transaction');
  const transactions = connections.transactions(id);
  const partitions = new Map([[topic, [0]]]);
  const old = await retried(transactions, () => transactions.init(60_000));
  await transactions.addPartitions(old, partitions);
  // The transaction of the older producer is open: the first request of the newer one ends it.
  const owner = await retried(transactions, () => connections.transactions(id).init(60_000));
  t.equal(owner.producerId, old.producerId);
  t.ok(owner.producerEpoch > old.producerEpoch);
  const fenced = { name: 'KafkaError', fault: 'fenced' };
  await t.rejects(transactions.addPartitions(old, partitions), fenced);
  await t.rejects(transactions.addOffsets(old, fresh('group')), fenced);
  await t.rejects(transactions.end(old, true), fenced);
  const batches = new PartitionBatches({ topic, partition: 0 });
  batches.append(record('k', 'fenced'));
  const code = await produce(id, old, batches);
  t.equal(errorCode(code).fault, 'fenced', errorCode(code).name);
  t.equal(errorCode(INVALID_PRODUCER_EPOCH).fault, 'fenced');
  const stranger = { producerId: '123456789', producerEpoch: 0 };
  await t.rejects(transactions.addPartitions(stranger, partitions), fenced);
});

t.test('an address where no broker listens', async (t) => {
  const away = createKafkaClient({ brokers: ['127.0.0.1:1'] }, quietTelemetry());
  const unreachable = { name: 'KafkaError', fault: 'unreachable', code: null };
  const calls: ReadonlyArray<(own: BrokerConnections) => Promise<unknown>> = [
    (own) => own.connect(),
    () => away.admin.existing(['orders']),
    () => away.admin.committedOffsets('g', 'x'),
  ];
  await Promise.all(calls.map((call) => t.rejects(call(away.connections()), unreachable)));
  await away.admin.close();
});

await kafkaGroupContract(t, client, connections);

t.test('partitions are added by any number of clients, and offsets are those of all of them', async (t) => {
  const topic = await topicOf(2);
  t.equal((await client.admin.offsets(topic)).length, 2);
  const other = createKafkaClient({ brokers: kafkaBrokers().split(',') }, quietTelemetry());
  await Promise.all([client.admin.addPartitions(topic, 5), other.admin.addPartitions(topic, 5)]);
  await client.admin.addPartitions(topic, 3); // it has them
  t.same([...(await client.admin.partitionCounts([topic]))], [[topic, 5]]);
  t.equal((await client.admin.offsets(topic)).length, 5);
  await other.admin.close();
});

t.test('each topic has an id of its own', async (t) => {
  const [one, two] = [await topicOf(), await topicOf()];
  const idOf = (topic: string): Promise<string> => connections.send(leaderOf(topic), topicIdRequest(topic));
  const id = await idOf(one);
  t.match(id, /^[0-9a-f]{32}$/);
  t.equal(await idOf(one), id);
  t.not(await idOf(two), id);
  const missing = connections.send(leaderOf(one), topicIdRequest(fresh('missing')));
  await t.rejects(missing, { code: UNKNOWN_TOPIC_OR_PARTITION });
});
