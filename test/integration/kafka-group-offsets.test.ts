// What groups have committed, by the topic in which Kafka keeps it: with aborted transactions, deleted offsets, after a broker's
// restart, and for a user who must not read it.
import kafkajs from 'kafkajs';
import t from 'tap';
import { startKafka } from '../../tools/services/kafka/broker.ts';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { partitionOf } from '../../src/adapters/kafka/group-offsets-log.ts';
import { fresh, topicOf } from '../contracts/event-log-kit.ts';
import { quietTelemetry } from './quiet-telemetry.ts';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, Kafka, logLevel, ResourcePatternTypes } =
  kafkajs;

t.setTimeout(180_000);

t.test('the recorded offset', async (t) => {
  // A separate broker, because the test restarts it, and forbids something.
  const kafka = await startKafka({
    properties: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'allow.everyone.if.no.acl.found': 'true',
    },
  });
  const open = (): KafkaEventLog => new KafkaEventLog({ brokers: kafka.brokers }, quietTelemetry());
  const log = open();
  const admin = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  t.teardown(async () => {
    await Promise.all([log.close(), admin.disconnect()]);
    await kafka.stop();
  });
  const topic = await topicOf(log, 'recorded', 2);
  const groupId = fresh('group');
  const from = { topic, partition: 0 };
  const recorded = async (partition = 0, reader = log): Promise<number | null> =>
    (await reader.recordedOffset(groupId, { topic, partition }, null))?.offset ?? null;
  const writer = await log.epochWriter(fresh('writer'));

  await t.test('is what was committed last', async (t) => {
    await writer.commit(groupId, from, 5, 'märz');
    t.same(await log.recordedOffset(groupId, from, null), { offset: 5, metadata: 'märz' });
    t.equal(await recorded(1), null);
    await writer.commit(groupId, from, 8);
    t.same(
      await writer.committed(groupId, from),
      { offset: 8, metadata: '' },
      'behind an aborted transaction',
    );
    t.equal(await recorded(), 8);
    await admin.setOffsets({
      groupId,
      topic,
      partitions: [
        { partition: 0, offset: '3' },
        { partition: 1, offset: '4' },
      ],
    });
    t.same([await recorded(), await recorded(1)], [3, 4], 'outside of a transaction');
  });

  await t.test('does not wait for a transaction that stays open', async (t) => {
    const client = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING });
    const other = client.producer({
      transactionalId: fresh('raw'),
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await other.connect();
    const open = await other.transaction();
    const topics = [{ topic, partitions: [{ partition: 1, offset: '99' }] }];
    const { length } = await log.ends('__consumer_offsets');
    let neighbour = fresh('group');
    while (partitionOf(neighbour, length) !== partitionOf(groupId, length)) neighbour = fresh('group');
    await open.sendOffsets({ consumerGroupId: neighbour, topics });
    await writer.commit(groupId, from, 3);
    const startedMs = performance.now();
    t.same([await recorded(), await recorded(1)], [3, 4]);
    const reader = new KafkaEventLog({ brokers: kafka.brokers }, quietTelemetry());
    t.same([await recorded(0, reader), await recorded(1, reader)], [3, 4], 'nor the first time');
    await reader.close();
    t.ok(performance.now() - startedMs < 10_000, 'the transaction lasts for a minute');
    await open.abort();
    await other.disconnect();
  });

  await t.test('outlasts the broker', async (t) => {
    await kafka.kill();
    await kafka.restart();
    const other = open();
    t.same([await recorded(0, other), await recorded(1, other)], [3, 4]);
    await other.close();
    t.same([await recorded(), await recorded(1)], [3, 4]);
  });

  await t.test('is gone with the group', async (t) => {
    await admin.deleteGroups([groupId]);
    t.same([await recorded(), await recorded(1)], [null, null]);
  });

  await t.test('is what was answered, if it must not be read', async (t) => {
    const answered = { offset: 77, metadata: '' };
    t.same(await log.recordedOffset(groupId, from, answered), answered, 'or is not there');
    const next = await log.epochWriter(fresh('writer'));
    await next.commit(groupId, from, 11);
    t.equal(await recorded(), 11);
    // First without its content, and then not to be seen at all.
    for (const operation of [AclOperationTypes.READ, AclOperationTypes.ALL]) {
      const to = {
        principal: 'User:ANONYMOUS',
        host: '*',
        permissionType: AclPermissionTypes.DENY,
        operation,
      };
      const topics = {
        resourceName: '__consumer_offsets',
        resourcePatternType: ResourcePatternTypes.LITERAL,
      };
      await admin.createAcls({ acl: [{ ...to, ...topics, resourceType: AclResourceTypes.TOPIC }] });
      t.same(await next.committed(groupId, from), { offset: 11, metadata: '' }, 'its coordinator answers');
      t.same(await log.recordedOffset(groupId, from, answered), answered);
      const other = open();
      t.same(await other.recordedOffset(groupId, from, answered), answered);
      await other.close();
    }
  });
});
