// Reads whole topics as outside consumers do: the outputs with Kafka's own Java client set to read_committed, the source,
// which has no transactions, with kafkajs. (kafkajs shows records of aborted transactions now and then, as it takes them
// to be listed in the order of their offsets.)
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { findCommand } from '../../docker/install.ts';
import { brokerClassPath } from '../../docker/kafka/distribution.ts';
import { openLog } from '../../src/app/adapters.ts';
import type { EventLog } from '../../src/ports/event-log.ts';
import { FakeTelemetry } from '../../src/testing/index.ts';
import type { Setting } from './setting.ts';

const READER = join(import.meta.dirname, 'ReadCommitted.java');

export interface CommittedValues {
  readonly values: ReadonlyMap<string, readonly Buffer[]>;
  readonly readBy: string;
}

/** Values of each topic, as a read_committed consumer sees them: an independent one where there is a JDK to run it. */
export async function readCommitted(setting: Setting, topics: readonly string[]): Promise<CommittedValues> {
  if (findCommand('javac') === null)
    return {
      values: await readOurselves(setting, topics),
      readBy: "Millrace's own reader, as there is no JDK here",
    };
  return { values: await readByJava(setting.kafka.brokers, topics), readBy: "Kafka's Java client" };
}

async function readByJava(
  brokers: readonly string[],
  topics: readonly string[],
): Promise<ReadonlyMap<string, readonly Buffer[]>> {
  const values = new Map<string, Buffer[]>(topics.map((topic) => [topic, []]));
  const args = ['-Xmx256m', '-cp', brokerClassPath(), READER, brokers.join(','), ...topics];
  const java = spawn('java', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise<number>((resolve, reject) => {
    java.once('error', reject);
    java.once('close', (code) => resolve(code ?? 1));
  });
  for await (const line of createInterface({ input: java.stdout })) {
    const [topic = '', , , , value = '-'] = line.split(' ');
    if (value !== '-') values.get(topic)?.push(Buffer.from(value, 'hex'));
  }
  if ((await ended) !== 0) throw new Error('the Java consumer failed');
  return values;
}

async function readOurselves(
  setting: Setting,
  topics: readonly string[],
): Promise<ReadonlyMap<string, readonly Buffer[]>> {
  const log = await openLog(await setting.config('reader', setting.kafka.environment), new FakeTelemetry());
  try {
    const values = new Map<string, readonly Buffer[]>();
    for (const topic of topics) values.set(topic, await readLog(log, topic));
    return values;
  } finally {
    await log.close();
  }
}

/** All values of a topic, partition by partition. */
export async function readLog(log: EventLog, topic: string): Promise<Buffer[]> {
  const values: Buffer[] = [];
  for (const [partition, { low, high }] of (await log.offsets(topic)).entries()) {
    for await (const raw of log.read(topic, partition, low, high))
      for (const value of raw.values) if (value !== null) values.push(value);
  }
  return values;
}

export interface TopicRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestampMs: number;
}

/** Nothing came for this long: the end. */
const QUIET_MS = 1_500;

export async function readTopic(kafka: Kafka, topic: string): Promise<TopicRecord[]> {
  const consumer = kafka.consumer({ groupId: 'chaos-reader' });
  const records: TopicRecord[] = [];
  let lastMs = performance.now();
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    const joined = Promise.withResolvers<void>();
    consumer.on(consumer.events.GROUP_JOIN, () => joined.resolve());
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch: { partition, messages } }) => {
        lastMs = performance.now();
        for (const { offset, key, value, timestamp } of messages) {
          records.push({ partition, offset: Number(offset), key, value, timestampMs: Number(timestamp) });
        }
      },
    });
    await joined.promise;
    lastMs = performance.now();
    while (performance.now() - lastMs < QUIET_MS) await sleep(QUIET_MS / 10);
    return records;
  } finally {
    await consumer.disconnect();
  }
}
