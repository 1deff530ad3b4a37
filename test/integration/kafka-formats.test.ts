// Record batches as a real broker returns them: compressed by the broker (if the topic has a compression type) or by
// librdkafka, with the broker's timestamps, and larger than the limit of a fetch.
import { spawnSync } from 'node:child_process';
import t from 'tap';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { FETCH_PARTITION_BYTES_MAX } from '../../src/core/log-limits.ts';
import { fresh, readAll, record, type Row } from '../contracts/event-log-kit.ts';
import { confluentPython } from '../support/python.ts';
import { kafkaBrokers } from '../support/services.ts';
import { quietTelemetry } from './quiet-telemetry.ts';

const log = new KafkaEventLog({ brokers: kafkaBrokers().split(',') }, quietTelemetry());
t.teardown(() => log.close());

async function topicWith(config: Readonly<Record<string, string>>, partitions = 1): Promise<string> {
  const topic = fresh('formats');
  await log.client.admin.createTopics([{ topic, partitions, replicationFactor: 1, config }]);
  return topic;
}

const RECORDS = Array.from({ length: 2_000 }, (_, i) =>
  record(
    i % 10 === 0 ? null : `key-${i % 7}`,
    i % 13 === 0 ? null : `value ${i} `.repeat(5),
    1_700_000_000_000 + i,
  ),
);

function rowsOf(records: typeof RECORDS): Row[] {
  return records.map(({ key, value, timestampMs }, offset) => ({
    partition: 0,
    offset,
    key: key?.toString() ?? null,
    value: value?.toString() ?? null,
    timestampMs,
  }));
}

for (const codec of ['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd']) {
  t.test(`compressed by the broker, which is the Java client's code: ${codec}`, async (t) => {
    const topic = await topicWith({ 'compression.type': codec, 'retention.ms': '-1' });
    await log.publish(topic, RECORDS);
    t.strictSame(await readAll(log, topic), rowsOf(RECORDS));
  });
}

const PRODUCE = `
import sys
from confluent_kafka import Producer
brokers, codec, *topics = sys.argv[1:]
producer = Producer({'bootstrap.servers': brokers, 'compression.type': codec, 'linger.ms': 50, 'batch.size': 500000})
for topic in topics:
    for i in range(2000):
        producer.produce(topic, partition=0, key=f'key-{i % 7}', value=f'value {i} ' * 20, timestamp=1700000000000 + i)
sys.exit(producer.flush(30))
`;

t.test('compressed by librdkafka, in every codec', async (t) => {
  const python = confluentPython();
  const expected = RECORDS.map((_, i) => ({
    partition: 0,
    offset: i,
    key: `key-${i % 7}`,
    value: `value ${i} `.repeat(20),
    timestampMs: 1_700_000_000_000 + i,
  }));
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    const topic = await topicWith({ 'retention.ms': '-1' });
    const { status, stderr } = spawnSync(python, ['-c', PRODUCE, kafkaBrokers(), codec, topic], {
      encoding: 'utf8',
    });
    t.equal(status, 0, stderr);
    t.strictSame(await readAll(log, topic), expected, codec);
  }
});

t.test("a topic with the broker's timestamps", async (t) => {
  const topic = await topicWith({ 'message.timestamp.type': 'LogAppendTime' });
  const beforeMs = Date.now();
  await log.publish(topic, [record('a', '1', 5), record('b', '2', 6)]);
  const rows = await readAll(log, topic);
  t.match(rows, [{ value: '1' }, { value: '2' }]);
  for (const { timestampMs } of rows) t.ok(timestampMs >= beforeMs - 1 && timestampMs <= Date.now());
});

t.test('records larger than the limit of a fetch, in several partitions', async (t) => {
  const partitions = 3;
  const topic = await topicWith({ 'max.message.bytes': '8388608', 'retention.ms': '-1' }, partitions);
  const value = 'x'.repeat(3 * FETCH_PARTITION_BYTES_MAX);
  for (let i = 0; i < 2; i++) {
    for (let partition = 0; partition < partitions; partition++) {
      await log.publish(topic, [{ ...record('a', value), partition }]);
    }
  }
  const rows = await Promise.all(Array.from({ length: partitions }, (_, i) => readAll(log, topic, i)));
  t.same(
    rows.flat().map((row) => [row.partition, row.offset, row.value === value]),
    Array.from({ length: partitions }, (_, i) => [0, 1].map((offset) => [i, offset, true])).flat(),
  );
});
