// Topics that are described while a broker comes back: the query is retried with a fresh client, and fails if it keeps failing.
import t from 'tap';
import { KafkaEventLog } from '../../../src/adapters/kafka/event-log.ts';
import { quietTelemetry } from '../../integration/quiet-telemetry.ts';
import { metadataBroker, type Answer, type MetadataBroker } from './metadata-broker.ts';

const LEADER_NOT_AVAILABLE = 5;
const UNKNOWN_TOPIC = 3;
const SPEC = { topic: 'orders', partitions: 2, compacted: false, retentionMs: -1 };

async function withLog(
  answers: (nth: number) => Answer,
  work: (log: KafkaEventLog, broker: MetadataBroker) => Promise<void>,
): Promise<void> {
  const broker = await metadataBroker('orders', 2, answers);
  const log = new KafkaEventLog({ brokers: [broker.address] }, quietTelemetry());
  try {
    await work(log, broker);
  } finally {
    await log.close();
    await broker.close();
  }
}

// kafkajs asks twice, and drops the error of the second answer.
for (const answer of [LEADER_NOT_AVAILABLE, 'breaks'] as const) {
  for (const nth of [2, 3]) {
    t.test(`answer ${nth}: ${answer}`, async (t) => {
      await withLog(
        (n) => (n === nth ? answer : 0),
        async (log, broker) => {
          await log.ensureTopics([SPEC]);
          t.equal(await log.partitionCount('orders'), 2);
          t.ok(broker.requests() > nth, 'it was queried again');
        },
      );
    });
  }
}

t.test('a broker that never becomes ready is unavailable, not a failure of the log', async (t) => {
  t.setTimeout(60_000);
  await withLog(
    (n) => (n % 2 === 0 ? LEADER_NOT_AVAILABLE : 0),
    async (log, broker) => {
      const expected = { code: 'LOG_UNAVAILABLE', message: new RegExp(`cannot read.*${broker.address}`) };
      await t.rejects(log.partitionCount('orders'), expected);
    },
  );
});

t.test('a topic that the broker does not know yet is waited for', async (t) => {
  await withLog(
    (nth) => (nth < 4 ? UNKNOWN_TOPIC : 0),
    async (log, broker) => {
      t.equal(await log.partitionCount('orders'), 2);
      t.ok(broker.requests() >= 4);
    },
  );
});

t.test('a topic that the broker never knows is named after some seconds', async (t) => {
  await withLog(
    () => UNKNOWN_TOPIC,
    async (log) => {
      const unknown = { code: 'LOG_UNAVAILABLE', where: /orders/, remedy: /Create the topic/ };
      await t.rejects(log.partitionCount('orders'), unknown);
    },
  );
});
