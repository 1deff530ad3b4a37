// Outputs that a real broker does not accept, by their size or their time: what a writer learns, and what is committed.
import kafkajs, { Kafka, logLevel } from 'kafkajs';
import t, { type Test } from 'tap';
import { ByteColumn } from '../../src/core/byte-column.ts';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import type { EpochWriter, LogRecord } from '../../src/ports/event-log.ts';
import { hours } from '../../src/core/time.ts';
import { readAll } from '../contracts/event-log-kit.ts';
import { kafkaBrokers, uniqueName } from '../support/services.ts';
import { quietTelemetry } from './quiet-telemetry.ts';

const { TOPIC } = kafkajs.ConfigResourceTypes;
const SETTINGS = ['max.message.bytes', 'message.timestamp.after.max.ms'];
const brokers = kafkaBrokers().split(',');
const log = new KafkaEventLog({ brokers }, quietTelemetry());
const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
await admin.connect();
t.teardown(async () => {
  await admin.disconnect();
  await log.close();
});

async function settingsOf(topic: string): Promise<Record<string, number>> {
  const resources = [{ type: TOPIC, name: topic, configNames: SETTINGS }];
  const described = await admin.describeConfigs({ resources, includeSynonyms: false });
  const entries = described.resources[0]?.configEntries ?? [];
  return Object.fromEntries(entries.map(({ configName, configValue }) => [configName, Number(configValue)]));
}

/** A topic as an operator creates it. */
async function createdTopic(settings: Readonly<Record<string, string>> = {}): Promise<string> {
  const topic = uniqueName('refused');
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
  await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] });
  await log.ensureTopics([{ topic, partitions: 1, compacted: false, retentionMs: -1 }]);
  return topic;
}

async function setSize(topic: string, bytes: number): Promise<void> {
  const configEntries = [{ name: 'max.message.bytes', value: String(bytes) }];
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: TOPIC, name: topic, configEntries }] });
  while ((await settingsOf(topic))['max.message.bytes'] !== bytes)
    await new Promise((resolve) => setTimeout(resolve, 50));
}

function record(value: string | Buffer, timestampMs = Date.now()): LogRecord {
  return { key: Buffer.from('k'), value: Buffer.from(value), timestampMs };
}

/** The times of the records of a topic, of which there are `count`: a commit is visible a little after its answer. */
async function timesOf(topic: string, count: number): Promise<number[]> {
  for (;;) {
    const times = (await readAll(log, topic)).map(({ timestampMs }) => timestampMs);
    if (times.length >= count) return times;
  }
}

/** Commits as a task does: again with a new writer, which computes everything again, while the log asks for it. */
async function committed(
  t: Test,
  topic: string,
  append: (writer: EpochWriter) => void,
): Promise<{ readonly restarts: number }> {
  const id = uniqueName('writer');
  for (let restarts = 0; ; restarts++) {
    const writer = await log.epochWriter(id);
    try {
      append(writer);
      await writer.commit(id, { topic, partition: 0 }, 1);
      return { restarts };
    } catch (error) {
      t.match(error, { code: 'LOG_UNAVAILABLE', message: /accepts less/ });
      if (restarts > 3) throw error;
    } finally {
      await writer.close();
    }
  }
}

t.test('topics that hold records of a source accept more than it does, and any time', async (t) => {
  const source = await createdTopic({ 'max.message.bytes': '5000000' });
  const topic = uniqueName('holder');
  await log.ensureTopics([
    { topic: source, partitions: 1, compacted: false, retentionMs: -1 },
    { topic, partitions: 1, compacted: false, retentionMs: -1, holds: source },
  ]);
  const { 'max.message.bytes': bytes = 0, 'message.timestamp.after.max.ms': aheadMs = 0 } =
    await settingsOf(topic);
  t.ok(bytes > 2 * 5_000_000);
  t.ok(aheadMs > hours(1_000_000));
  const aheadOf = Date.now() + hours(100_000);
  const large = Buffer.alloc(5_000_000);
  const append = (writer: EpochWriter): void => writer.append(topic, [record(large, aheadOf)]);
  t.same(await committed(t, topic, append), { restarts: 0 });
  t.same(await timesOf(topic, 1), [aheadOf], 'a time far ahead is kept');
});

t.test('times that a topic does not accept are replaced by the nearest that it does', async (t) => {
  const topic = await createdTopic({ 'message.timestamp.before.max.ms': String(hours(24)) });
  const nowMs = Date.now();
  const times = [nowMs + hours(5_000), nowMs, 0, -1e15];
  const append = (writer: EpochWriter): void =>
    writer.append(
      topic,
      times.map((timeMs) => record('x', timeMs)),
    );
  t.same(await committed(t, topic, append), { restarts: 0 });
  const [ahead = 0, kept, behind = 0, farBehind] = await timesOf(topic, 4);
  t.ok(ahead > nowMs && ahead <= Date.now() + hours(1));
  t.equal(kept, nowMs);
  t.ok(behind > nowMs - hours(24) && behind < nowMs);
  t.equal(farBehind, behind);
});

t.test("a clock two hours ahead of the broker's is learned from its answer", async (t) => {
  const topic = await createdTopic();
  const { now } = Date;
  t.teardown(() => {
    Date.now = now;
  });
  Date.now = () => now() + hours(2);
  const append = (writer: EpochWriter): void => writer.append(topic, [record('x'), record('y', now())]);
  t.same(await committed(t, topic, append), { restarts: 1 });
  t.same(await committed(t, topic, append), { restarts: 0 }, 'once for a topic');
  Date.now = now;
  t.ok((await timesOf(topic, 4)).every((timeMs) => timeMs <= now() + hours(1)));
});

t.test('batches stay below the limit of a topic, however small', async (t) => {
  const topic = await createdTopic({ 'max.message.bytes': '5000' });
  const records = Array.from({ length: 500 }, (_, i) => record(`${i}`.padEnd(1 + (i % 97) * 40, '.')));
  t.same(await committed(t, topic, (writer) => writer.append(topic, records)), { restarts: 0 });
  t.equal((await timesOf(topic, 500)).length, 500);
});

t.test('a limit that is lowered while the engine runs is learned', async (t) => {
  const topic = await createdTopic();
  await setSize(topic, 20_000);
  const bytesMax: number[] = [];
  const append = (writer: EpochWriter): void => {
    bytesMax.push(writer.recordBytesMax(topic));
    // The engine sets the others aside.
    const values = [10, 50_000, 15_000, 30_000].filter((bytes) => bytes + 1 <= writer.recordBytesMax(topic));
    writer.append(
      topic,
      values.map((bytes) => record(Buffer.alloc(bytes))),
    );
  };
  t.same(await committed(t, topic, append), { restarts: 1 });
  t.ok((bytesMax[0] ?? 0) > 1_000_000 && (bytesMax.at(-1) ?? 0) < 20_000, bytesMax.join());
  t.equal((await timesOf(topic, 2)).length, 2);
});

t.test(
  'the bound of a record is exact enough, and a larger one of the engine itself is an error',
  async (t) => {
    const topic = await createdTopic({ 'max.message.bytes': '30000' });
    const writer = await log.epochWriter(uniqueName('writer'));
    t.teardown(() => writer.close());
    const bytesMax = writer.recordBytesMax(topic);
    t.ok(bytesMax > 29_500 && bytesMax < 30_000);
    writer.append(topic, [record(Buffer.alloc(bytesMax - 1))]);
    await writer.commit('g', { topic, partition: 0 }, 1);
    writer.append(topic, [record(Buffer.alloc(bytesMax))]);
    await t.rejects(writer.commit('g', { topic, partition: 0 }, 2), {
      code: 'OUTPUT_TOO_LARGE',
      where: topic,
      remedy: /max\.message\.bytes/,
    });
    t.equal((await timesOf(topic, 1)).length, 1);
  },
);

t.test('a record without a key, on a topic that was made a compacted one', async (t) => {
  const topic = await createdTopic({ 'cleanup.policy': 'compact' });
  const records = [1, 2].map((timestampMs) => ({ key: null, value: Buffer.from('x'), timestampMs }));
  t.same(await committed(t, topic, (writer) => writer.append(topic, records)), { restarts: 0 });
  t.equal((await timesOf(topic, 2)).length, 2);
  const block = {
    partition: 0,
    timestampMs: Float64Array.of(1, 2),
    keys: ByteColumn.of([null, Buffer.from('k')]),
    values: ByteColumn.of([Buffer.from('x'), Buffer.from('y')]),
  };
  t.same(await committed(t, topic, (writer) => writer.append(topic, block)), { restarts: 0 });
  t.equal((await timesOf(topic, 4)).length, 4, 'rows of a request');
});
