// Deletes what a partition that was cleared has left behind in Redis (control path, in the background).
import type { RedisConnection } from './connection.ts';
import { packKeys } from './pack.ts';
import { META_KEY, STATE_KEYS } from './scripts.ts';

/** Keys that Redis looks at in one call: a millisecond of its time. */
const SCAN_COUNT = 1_000;

/** Stops at the first failure, such as another owner; what is left is deleted when the partition is cleared again. */
export async function deleteOrphans(
  redis: RedisConnection,
  prefix: string,
  generation: string,
  owner: string,
): Promise<void> {
  const begin = prefix + STATE_KEYS;
  const pattern = `${begin.replaceAll(/[\\*?[\]^]/g, String.raw`\$&`)}*`;
  // Of a cluster one node has them all, and SCAN is a command of a node.
  for (const node of redis.nodes('master')) {
    let cursor = '0';
    do {
      const [next, found] = await node.scan(cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT);
      const keys = packKeys(found.map((key) => key.slice(begin.length)));
      if (keys.length > 0) await redis.client.mrOrphans(prefix + META_KEY, generation, owner, prefix, keys);
      cursor = next;
    } while (cursor !== '0');
  }
}
