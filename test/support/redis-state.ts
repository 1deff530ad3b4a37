// The state that Redis has of a topology or of a part, for tests that compare two runs.
import { Redis } from 'ioredis';
import { STATE_KEYS } from '../../src/adapters/redis/scripts.ts';
import { partitionPrefix } from '../../src/adapters/redis/state-store.ts';
import { redisStateStores } from '../../src/adapters/redis/state-stores.ts';
import { redisUrl } from './services.ts';

/**
 * By partition and key, without the frames, which depend on where it is.
 * @param hasOffsets whether both runs have the events at the same offsets
 */
export async function redisStateOf(
  name: string,
  topic: string,
  partitions: number,
  hasOffsets = true,
): Promise<unknown[]> {
  const redis = new Redis(redisUrl());
  const stores = redisStateStores({ url: redisUrl() });
  try {
    const found: unknown[] = [];
    for (let partition = 0; partition < partitions; partition++) {
      const prefix = `${partitionPrefix(name, { topic, partition })}${STATE_KEYS}`;
      const keys = (await redis.keys(`${prefix}*`)).map((key) => key.slice(prefix.length)).sort();
      const store = stores.open(name, { topic, partition });
      const states = await store.get(keys);
      const checkpoint = await store.restore(1_000_000);
      found.push(keys.map((key, i) => `${key} ${Buffer.from(states[i] ?? []).toString('hex')}`));
      const offset = hasOffsets ? checkpoint?.offsetNext : null;
      found.push([offset, checkpoint?.watermarkMs, checkpoint?.modelVersion]);
    }
    return found;
  } finally {
    redis.disconnect();
    await stores.close();
  }
}
