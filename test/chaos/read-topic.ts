// Reads whole topics as outside consumers do: the outputs with Kafka's own Java client set to read_committed, the source,
// which has no transactions, with kafkajs. (kafkajs shows records of aborted transactions now and then, as it takes them
// to be listed in the order of their offsets.)
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { readLog, readTopics } from '../../bench/fleet/read-topics.ts';
import type { EventLog } from '../../src/ports/event-log.ts';

export interface CommittedValues {
  readonly values: ReadonlyMap<string, readonly Buffer[]>;
  readonly readBy: string;
}

/** Values of each topic, as a read_committed consumer sees them: an independent one where there is a JDK to run it. */
export async function readCommitted(
  brokers: readonly string[],
  topics: readonly string[],
): Promise<CommittedValues> {
  const values = new Map<string, Buffer[]>(topics.map((topic) => [topic, []]));
  const readBy = await readTopics(brokers, topics, ({ topic, value }) => {
    if (value !== null) values.get(topic)?.push(value);
  });
  return { values, readBy };
}

/** All values of a topic, partition by partition. */
export async function readValues(log: EventLog, topic: string): Promise<Buffer[]> {
  const values: Buffer[] = [];
  await readLog(log, topic, ({ value }) => {
    if (value !== null) values.push(value);
  });
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
