// Reads whole topics as an outside consumer set to read_committed does.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';

export interface TopicRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestampMs: number;
}

/** Nothing came for this long: the end, as the last offsets of a topic are markers that no consumer is shown. */
const QUIET_MS = 1_500;
let readers = 0;

export async function readTopic(kafka: Kafka, topic: string): Promise<TopicRecord[]> {
  readers += 1;
  const consumer = kafka.consumer({ groupId: `chaos-reader-${readers}`, readUncommitted: false });
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
