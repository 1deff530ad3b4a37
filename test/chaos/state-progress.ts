// How far the state in Redis has come: S of each partition, asked from outside.
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { partitionPrefix } from '../../src/adapters/redis/state-store.ts';
import type { Topology } from '../../src/topology/define.ts';

const POLL_MS = 200;

/** Whether the state of every partition of a topology, or a part, comes to its end of the source within a time. */
export async function stateReaches(
  url: string,
  { name, source }: Pick<Topology, 'name' | 'source'>,
  ends: readonly number[],
  withinMs: number,
): Promise<boolean> {
  const redis = new Redis(url);
  redis.on('error', () => undefined); // it may be on its way back
  const offsetOf = (partition: number): Promise<string | null> =>
    redis.hget(`${partitionPrefix(name, { topic: source.topic, partition })}meta`, 'offset');
  try {
    for (const untilMs = performance.now() + withinMs; performance.now() < untilMs; await sleep(POLL_MS)) {
      const offsets = await Promise.all(ends.map((_, partition) => offsetOf(partition)));
      if (ends.every((end, partition) => Number(offsets[partition] ?? 0) >= end)) return true;
    }
    return false;
  } finally {
    redis.disconnect();
  }
}
