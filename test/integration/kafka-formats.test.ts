// Record batches as a real broker writes them: compressed by the broker (if the topic has a compression type), with the
// broker's timestamps, and larger than the limit of a fetch.
import t from 'tap';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { FETCH_PARTITION_BYTES_MAX } from '../../src/core/limits.ts';
import { fresh, readAll, record, type Row } from '../contracts/event-log-kit.ts';
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

for (const codec of ['uncompressed', 'gzip', 'zstd']) {
  t.test(`compressed by the broker: ${codec}`, async (t) => {
    const topic = await topicWith({ 'compression.type': codec, 'retention.ms': '-1' });
    await log.publish(topic, RECORDS);
    t.strictSame(await readAll(log, topic), rowsOf(RECORDS));
  });
}

for (const codec of ['snappy', 'lz4']) {
  t.test(`compressed by the broker: ${codec} is not supported`, async (t) => {
    const topic = await topicWith({ 'compression.type': codec, 'retention.ms': '-1' });
    await log.publish(topic, RECORDS);
    await t.rejects(readAll(log, topic), {
      code: 'LOG_FAILED',
      where: `${topic}-0 at offset 0`,
      message: new RegExp(`compressed by ${codec}`),
    });
  });
}

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
