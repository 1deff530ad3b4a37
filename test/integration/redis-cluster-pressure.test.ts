// A real Redis Cluster whose slots move while 1,000 keys are read, and whose memory is full, or gives keys up, on one node.
import { Redis } from 'ioredis';
import t from 'tap';
import { redisStateStores } from '../../src/adapters/redis/state-stores.ts';
import { partitionPrefix } from '../../src/adapters/redis/state-store.ts';
import { isCode } from '../../src/core/errors.ts';
import { emptyDelta } from '../../src/core/state-delta.ts';
import { startRedisCluster } from '../../tools/services/redis/cluster.ts';
import { at, commitAll, deltaOf, isExact, origin, primariesOf } from '../support/clustered-state.ts';
import { uniqueName } from '../support/services.ts';

t.setTimeout(120_000);
const cluster = await startRedisCluster(false);
t.teardown(() => cluster.stop());
const { url } = cluster;

t.test('reads of 1,000 keys while their slot moves are whole, or refused until it has moved', async (t) => {
  const stores = redisStateStores({ url });
  t.teardown(() => stores.close());
  const topology = uniqueName('read-moving');
  const store = stores.open(topology, origin);
  await store.restore(1);
  const keys = Array.from({ length: 1_000 }, (_, i) => `k${i}`);
  const puts = keys.map((key) => ({
    key,
    state: Buffer.from(key),
    served: null,
    eventTimeMs: 0,
    ttlMs: null,
  }));
  await store.commit(at(1), { ...emptyDelta(), puts });
  const { slot, from, to } = await primariesOf(t, cluster, topology);
  const [fromId, toId] = await Promise.all([from, to].map((node) => node.cluster('MYID')));
  const over = new AbortController();
  const counts = { whole: 0, refused: 0 };
  const reading = async (read: () => Promise<ReadonlyArray<Uint8Array | null>>): Promise<void> => {
    while (!over.signal.aborted) {
      try {
        const states = await read();
        t.ok(states.every((state, i) => state !== null && Buffer.from(state).toString() === keys[i]));
        counts.whole += 1;
      } catch (error) {
        if (!isCode(error, 'STORE_UNAVAILABLE')) throw error;
        counts.refused += 1;
      }
    }
  };
  const served = async (): Promise<ReadonlyArray<Uint8Array | null>> => {
    const found = await stores.served(topology, origin, keys);
    if (found === null) throw new Error('there is a checkpoint');
    return found.states.map((state) => state?.state ?? null);
  };
  const readers = Promise.all([reading(() => store.get(keys)), reading(served)]);
  await to.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId ?? '');
  await from.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId ?? '');
  for (;;) {
    const some = (await from.call('CLUSTER', 'GETKEYSINSLOT', slot, 50)) as string[]; // a list of names
    if (some.length === 0) break;
    await from.call('MIGRATE', '127.0.0.1', to.options.port ?? 0, '', 0, 5_000, 'KEYS', ...some);
  }
  for (const node of [to, from]) await node.call('CLUSTER', 'SETSLOT', slot, 'NODE', toId ?? '');
  const { whole } = counts;
  for (let tries = 0; counts.whole < whole + 4 && tries < 1_000; tries++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  over.abort();
  await readers;
  t.ok(counts.whole > whole, `${counts.whole} whole reads, ${counts.refused} refused`);
});

t.test(
  'a node whose memory is full refuses commits as a whole, and its partition goes on later',
  async (t) => {
    const stores = redisStateStores({ url });
    t.teardown(() => stores.close());
    const topology = uniqueName('full');
    const { store } = await commitAll(stores, topology, 5);
    const { index } = await primariesOf(t, cluster, topology);
    const node = new Redis(cluster.nodes[index]?.url ?? '');
    t.teardown(() => node.disconnect());
    const dumped = async (): Promise<string[]> => {
      const keys = (await node.keys(`${partitionPrefix(topology, origin)}*`)).sort();
      return Promise.all(
        keys.map(async (key) => `${key} ${(await node.dumpBuffer(key)).toString('base64')}`),
      );
    };
    const before = await dumped();
    await node.config('SET', 'maxmemory', '1');
    const full = { code: 'STORE_UNAVAILABLE', message: /OOM/ };
    await t.rejects(store.commit(at(6), { ...deltaOf(6), appends: [] }), full, 'a key that is new');
    const known = { ...emptyDelta(), puts: deltaOf(1).puts };
    await t.rejects(store.commit(at(6), known), full, 'a key that is there');
    await t.rejects(store.commit(at(6), { ...emptyDelta(), appends: deltaOf(6).appends }), full);
    t.same(await dumped(), before, 'nothing is written');
    await isExact(t, store, 5);
    await node.config('SET', 'maxmemory', '0');
    await isExact(t, (await commitAll(stores, topology, 12)).store, 12);
  },
);

t.test('keys that one node drops are named as lost, and those of other nodes are read', async (t) => {
  const stores = redisStateStores({ url });
  t.teardown(() => stores.close());
  const topology = uniqueName('evicting');
  const other = uniqueName('kept');
  const { store } = await commitAll(stores, topology, 8);
  const kept = (await commitAll(stores, other, 8)).store;
  const { index } = await primariesOf(t, cluster, topology);
  const isSame = (await primariesOf(t, cluster, other)).index === index;
  const node = new Redis(cluster.nodes[index]?.url ?? '');
  t.teardown(() => node.disconnect());
  await node.config('SET', 'maxmemory-policy', 'allkeys-random');
  await node.config('SET', 'maxmemory', '1');
  await node.ping();
  // A command that may take memory makes room first.
  await node.set(`{${topology}:${origin.topic}:0}:x`, '1').catch(() => undefined);
  await node.config('SET', 'maxmemory', '0');
  await node.config('SET', 'maxmemory-policy', 'noeviction');
  t.ok(Number(/evicted_keys:(\d+)/.exec(await node.info('stats'))?.[1]) > 0, 'keys were evicted');
  await t.rejects(store.get(['list', 'k1']), { code: 'STORE_LOST' });
  if (!isSame) await isExact(t, kept, 8);
  await isExact(t, (await commitAll(stores, topology, 12)).store, 12);
});
