// Reads whole topics as outside consumers do: the outputs with Kafka's own Java client set to read_committed, the source,
// which has no transactions, with kafkajs. (kafkajs shows records of aborted transactions now and then, as it takes them
// to be listed in the order of their offsets.)
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { readLog, readTopics } from '../../bench/fleet/read-topics.ts';
import type { EventLog } from '../../src/ports/event-log.ts';

/** A value, and the partition that it is in. */
export interface PlacedValue {
  readonly partition: number;
  readonly value: Buffer;
}

export interface CommittedValues {
  readonly values: ReadonlyMap<string, readonly PlacedValue[]>;
  readonly readBy: string;
}

/**
 * Values of each topic, in the order of each partition, as a read_committed consumer sees them: an independent one where
 * there is a JDK to run it.
 */
export async function readCommitted(
  brokers: readonly string[],
  topics: readonly string[],
): Promise<CommittedValues> {
  const values = new Map<string, PlacedValue[]>(topics.map((topic) => [topic, []]));
  const readBy = await readTopics(brokers, topics, ({ topic, partition, value }) => {
    if (value !== null) values.get(topic)?.push({ partition, value });
  });
  return { values, readBy };
}

/** All values of a topic, partition by partition. */
export async function readValues(log: EventLog, topic: string): Promise<PlacedValue[]> {
  const values: PlacedValue[] = [];
  await readLog(log, topic, ({ partition, value }) => {
    if (value !== null) values.push({ partition, value });
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

const READ_MS_MAX = 60_000;
const POLL_MS = 50;

/**
 * What a topic without transactions holds from `begins` to `ends`, offsets by partition.
 * @throws Error where it takes longer than a minute
 */
export async function readTopic(
  kafka: Kafka,
  topic: string,
  begins: readonly number[],
  ends: readonly number[],
): Promise<TopicRecord[]> {
  const consumer = kafka.consumer({ groupId: 'chaos-reader' });
  const records: TopicRecord[] = [];
  const next = [...begins];
  const untilMs = performance.now() + READ_MS_MAX;
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch: { partition, messages } }) => {
        for (const { offset: text, key, value, timestamp } of messages) {
          const offset = Number(text);
          if (offset < (next[partition] as number) || offset >= (ends[partition] as number)) continue;
          next[partition] = offset + 1;
          records.push({ partition, offset, key, value, timestampMs: Number(timestamp) });
        }
      },
    });
    while (next.some((offset, partition) => offset < (ends[partition] as number))) {
      if (performance.now() > untilMs) throw new Error(`${topic}: read to ${next.join()} of ${ends.join()}`);
      await sleep(POLL_MS);
    }
    return records;
  } finally {
    await consumer.disconnect();
  }
}
