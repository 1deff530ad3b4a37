// Whether the merge of the repartitioned events has come to its end, asked from outside.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { mergeOf } from '../../src/topology/merge.ts';
import topology from './topology.ts';

const POLL_MS = 100;

export async function mergeReaches(kafka: Kafka, withinMs: number): Promise<boolean> {
  const merge = mergeOf(topology);
  if (merge === null) return true;
  const { before: topic, groupId } = merge;
  const admin = kafka.admin();
  await admin.connect();
  try {
    const untilMs = performance.now() + withinMs;
    const ends = await admin.fetchTopicOffsets(topic);
    while (performance.now() < untilMs) {
      const [group] = await admin.fetchOffsets({ groupId, topics: [topic] });
      const offsets = new Map(group?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
      if (ends.every(({ partition, high }) => (offsets.get(partition) ?? -1) >= Number(high))) return true;
      await sleep(POLL_MS);
    }
    return false;
  } finally {
    await admin.disconnect();
  }
}
