// Topics that several processes create at once, and use in the same instant: brokers that do not know them yet are waited
// for, and topics of others do not matter.
import { Kafka, logLevel } from 'kafkajs';
import t from 'tap';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import type { TopicSpec } from '../../src/ports/event-log.ts';
import { millrace } from '../support/cli.ts';
import { scoredTopology } from '../support/scored-topology.ts';
import { kafkaBrokers, uniqueName } from '../support/services.ts';
import { quietTelemetry } from './quiet-telemetry.ts';

t.setTimeout(60_000);

const brokers = kafkaBrokers().split(',');
const PROCESSES = 3;
const ROUNDS = 2;
const logs = Array.from({ length: PROCESSES }, () => new KafkaEventLog({ brokers }, quietTelemetry()));
t.teardown(() => Promise.all(logs.map((log) => log.close())));

function specsOf(name: string): TopicSpec[] {
  const source = { topic: name, partitions: 3, compacted: false, retentionMs: -1 };
  const others = ['predictions', 'dead-letters', 'late', 'observations'].map((kind) => ({
    ...source,
    topic: `${name}.${kind}`,
    holds: name,
  }));
  return [source, ...others];
}

t.test('every process creates, describes, publishes and commits at once', async (t) => {
  for (let round = 0; round < ROUNDS; round++) {
    const name = uniqueName('new');
    const specs = specsOf(name);
    await Promise.all(
      logs.map(async (log, i) => {
        await log.ensureTopics(specs);
        const record = { key: Buffer.from('k'), value: Buffer.from('v'), timestampMs: 1 };
        await log.publish(name, [record]);
        const writer = await log.epochWriter(`${name}.${i}`);
        for (const { topic } of specs) writer.append(topic, [record]);
        await writer.commit(name, { topic: name, partition: 0 }, 1);
        await writer.close();
        t.equal((await log.offsets(name)).length, 3);
      }),
    );
  }
});

t.test('a topic that another client creates meanwhile is waited for', async (t) => {
  const topic = uniqueName('later');
  const [log] = logs;
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  t.teardown(() => admin.disconnect());
  const published = log?.publish(topic, [{ key: null, value: Buffer.from('v'), timestampMs: 1 }]);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
  await published;
  t.same(await log?.offsets(topic), [{ low: 0, high: 1 }]);
});

t.test('a topology that has never run has no dead letters', async (t) => {
  const topology = scoredTopology('never-run');
  t.teardown(() => topology.remove());
  const settings = { MILLRACE_KAFKA_BROKERS: kafkaBrokers(), MILLRACE_DATA: topology.folder };
  for (const words of [['dead-letters', 'count'], ['replay-dead-letters']]) {
    const ended = await millrace([...words, topology.file], settings);
    t.equal(ended.code, 0, ended.stderr);
    t.match(ended.stdout, 'no dead letters');
  }
});
