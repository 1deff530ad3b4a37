// Counts the committed predictions of a topology on a real broker (for tests).
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { FakeTelemetry } from '../../src/testing/index.ts';

const WAIT_MS_MAX = 60_000;

/** By partition. Each call has a client of its own, which remembers no partitions. */
export async function countPredictions(brokers: readonly string[], topology: string): Promise<number[]> {
  const log = new KafkaEventLog({ brokers }, new FakeTelemetry());
  try {
    const topic = `${topology}.predictions`;
    const counts: number[] = [];
    for (const [partition, { low, high }] of (await log.offsets(topic)).entries()) {
      let count = 0;
      for await (const raw of log.read(topic, partition, low, high)) count += raw.count;
      counts.push(count);
    }
    return counts;
  } finally {
    await log.close();
  }
}

/** Resolves with the counts when there are as many in all. @throws Error after a minute */
export async function untilPredicted(
  brokers: readonly string[],
  topology: string,
  count: number,
): Promise<number[]> {
  const deadlineMs = performance.now() + WAIT_MS_MAX;
  for (;;) {
    const counts = await countPredictions(brokers, topology);
    if (counts.reduce((sum, one) => sum + one, 0) >= count) return counts;
    if (performance.now() > deadlineMs) throw new Error(`${counts.join(', ')} predictions of ${count}`);
    await sleep(200);
  }
}
