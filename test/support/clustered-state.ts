// Partitions in a Redis Cluster, committed as a task does (for tests).
import { Redis } from 'ioredis';
import type { Test } from 'tap';
import { partitionPrefix } from '../../src/adapters/redis/state-store.ts';
import { isEnvironmentFault } from '../../src/core/faults.ts';
import { emptyDelta, type StateDelta } from '../../src/core/state-delta.ts';
import type { Checkpoint, StateStore, StateStores } from '../../src/ports/state-store.ts';
import type { RedisClusterService } from '../../tools/services/redis/cluster.ts';

export const origin = { topic: 'flights', partition: 0 };
export const at = (epoch: number): Omit<Checkpoint, 'stages'> => ({
  epoch,
  offsetNext: epoch,
  watermarkMs: 1_000,
  modelVersion: 'v1',
});

/** Adds the epoch's number to a list, and sets a key of its own. */
export function deltaOf(epoch: number): StateDelta {
  const append = { key: 'list', bytes: Uint8Array.of(epoch % 256), eventTimeMs: 0, ttlMs: null };
  const put = { key: `k${epoch}`, state: Uint8Array.of(1), served: null, eventTimeMs: 0, ttlMs: null };
  return { ...emptyDelta(), puts: [put], appends: [append] };
}

/** Commits epochs up to `last` as a task does: after a fault that may pass it opens the store again, at its last commit. */
export async function commitAll(
  stores: StateStores,
  topology: string,
  last: number,
): Promise<{ store: StateStore; restarts: number }> {
  for (let restarts = 0; ; restarts++) {
    const store = stores.open(topology, origin);
    try {
      const restored = await store.restore(1);
      for (let epoch = (restored?.epoch ?? 0) + 1; epoch <= last; epoch++)
        await store.commit(at(epoch), deltaOf(epoch));
      return { store, restarts };
    } catch (error) {
      if (!isEnvironmentFault(error) || restarts > 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

export async function isExact(t: Test, store: StateStore, last: number): Promise<void> {
  const epochs = Array.from({ length: last }, (_, i) => i + 1);
  const [list, ...own] = await store.get(['list', ...epochs.map((epoch) => `k${epoch}`)]);
  t.same(
    [...(list ?? [])],
    epochs.map((epoch) => epoch % 256),
    'no commit is lost or doubled',
  );
  t.ok(own.every((state) => state !== null));
}

/** The primary that has the state of a topology, with a connection to it and to another. */
export async function primariesOf(
  t: Test,
  cluster: RedisClusterService,
  topology: string,
): Promise<{ slot: number; from: Redis; to: Redis; index: number }> {
  const key = `${partitionPrefix(topology, origin)}meta`;
  const [first] = cluster.nodes;
  const asked = new Redis(first?.url ?? '');
  const slot = await asked.cluster('KEYSLOT', key);
  asked.disconnect();
  const index = cluster.primaryOf(slot);
  const [from, to] = [index, (index + 1) % 3].map((i) => new Redis(cluster.nodes[i]?.url ?? '')) as [
    Redis,
    Redis,
  ];
  t.teardown(() => {
    from.disconnect();
    to.disconnect();
  });
  return { slot, from, to, index };
}
