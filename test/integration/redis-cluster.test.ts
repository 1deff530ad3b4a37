// State in a real Redis Cluster of three primaries and their replicas: the contract, a move of slots under way, a primary that
// is killed during writes, and what a start refuses.
import { Redis } from 'ioredis';
import t from 'tap';
import { redisStateStores } from '../../src/adapters/redis/state-stores.ts';
import { isCode } from '../../src/core/errors.ts';
import { startRedisCluster } from '../../tools/services/redis/cluster.ts';
import { stateStoreContract } from '../contracts/state-store.ts';
import { at, commitAll, deltaOf, isExact, origin, primariesOf } from '../support/clustered-state.ts';
import { RecordingTelemetry } from '../support/recording-telemetry.ts';
import { readUntil } from '../support/served-reads.ts';
import { uniqueName } from '../support/services.ts';

t.setTimeout(120_000);
const cluster = await startRedisCluster(true);
t.teardown(() => cluster.stop());
const { url } = cluster;
await stateStoreContract(t, 'Redis Cluster', { open: () => redisStateStores({ url }), hasFullEpoch: false });

/** Short enough that a test may wait for a failover. */
const NODE_TIMEOUT_MS = 1_000;

t.test(
  'while a slot moves, nothing is written in part and nothing is taken for lost; then all goes on',
  async (t) => {
    const telemetry = new RecordingTelemetry();
    const stores = redisStateStores({ url, telemetry });
    t.teardown(() => stores.close());
    const topology = uniqueName('moving');
    const { store } = await commitAll(stores, topology, 20);
    const { slot, from, to } = await primariesOf(t, cluster, topology);
    const [fromId, toId] = await Promise.all([from, to].map((node) => node.cluster('MYID')));
    await to.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId ?? '');
    await from.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId ?? '');
    const keys = (await from.call('CLUSTER', 'GETKEYSINSLOT', slot, 1_000)) as string[]; // a list of names
    const meta = keys.findIndex((key) => key.endsWith(':meta'));
    keys.push(...keys.splice(meta, 1));
    const move = async (key: string): Promise<void> => {
      await from.call('MIGRATE', '127.0.0.1', to.options.port ?? 0, key, 0, 5_000);
    };
    const passes = { code: 'STORE_UNAVAILABLE', message: /TRYAGAIN|MOVED|ASK/ };
    for (const key of keys.slice(0, 7)) await move(key);
    await t.rejects(store.commit(at(21), deltaOf(21)), passes, 'some keys are on the other node');
    await t.rejects(store.get(['list']), passes);
    await t.rejects(stores.served(topology, origin, ['list']), passes, 'no reader gets half of it');
    for (const key of keys.slice(7)) await move(key);
    await t.rejects(
      store.get(['list']),
      passes,
      'all keys are on the other node, which does not own the slot yet',
    );
    for (const node of [to, from]) await node.call('CLUSTER', 'SETSLOT', slot, 'NODE', toId ?? '');
    const reader = redisStateStores({ url });
    t.teardown(() => reader.close());
    t.match(await reader.served(topology, origin, ['list']), { offsetNext: 20, isComplete: true });
    const after = await commitAll(stores, topology, 40);
    await isExact(t, after.store, 40);
    t.notOk(
      telemetry.lines.some((line) => line.includes('lost')),
      telemetry.lines.join('\n'),
    );
  },
);

t.test('a policy that drops keys, on any node, is refused at start and is a condition later', async (t) => {
  const telemetry = new RecordingTelemetry();
  const stores = redisStateStores({ url, telemetry });
  t.teardown(() => stores.close());
  await stores.ping();
  await stores.verify();
  const node = new Redis(cluster.nodes[1]?.url ?? '');
  t.teardown(() => node.disconnect());
  await node.config('SET', 'maxmemory-policy', 'allkeys-lru');
  await t.rejects(stores.verify(), { code: 'STORE_LOSES_STATE', message: /allkeys-lru.*CONFIG SET/ });
  await node.config('SET', 'maxmemory-policy', 'noeviction');
  await stores.verify();
});

t.test(
  'a primary is killed while commits are under way: its replica goes on, with none lost or doubled',
  async (t) => {
    const stores = redisStateStores({ url });
    t.teardown(() => stores.close());
    const topology = uniqueName('failover');
    await commitAll(stores, topology, 10);
    const { index } = await primariesOf(t, cluster, topology);
    for (const { url: node } of cluster.nodes) {
      const client = new Redis(node);
      await client.config('SET', 'cluster-node-timeout', NODE_TIMEOUT_MS);
      client.disconnect();
    }
    let isOver = false;
    const reader = redisStateStores({ url });
    t.teardown(() => reader.close());
    const committing = commitAll(stores, topology, 1_000).finally(() => (isOver = true));
    const reading = readUntil(reader, topology, ({ answered }) => isOver && answered > 10);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await cluster.nodes[index]?.kill();
    t.notOk(isOver, 'commits are under way');
    const { store, restarts } = await committing;
    // None if the primary is killed between two commits, and its replica has taken over before the next one fails.
    t.comment(`${restarts} restarts`);
    const reads = await reading;
    t.comment('each answer whole', JSON.stringify(reads));
    await isExact(t, store, 1_000);
    await stores.ping();
    const other = redisStateStores({ url });
    t.teardown(() => other.close());
    await other.ping();
    await other.verify();
    t.match(await other.served(topology, origin, ['list']), { offsetNext: 1_000 }, 'one that connects now');
    await cluster.nodes[index]?.restart();
  },
);

t.test('nodes by names that the cluster does not announce, and a password', async (t) => {
  const named = url.replaceAll('127.0.0.1', 'localhost');
  const stores = redisStateStores({ url: named });
  t.teardown(() => stores.close());
  await stores.ping();
  await stores.verify();
  const setPassword = async (password: string, to: string): Promise<void> => {
    for (const { port } of cluster.nodes) {
      const client = new Redis({ port, password });
      await client.config('SET', 'masterauth', to);
      await client.config('SET', 'requirepass', to);
      client.disconnect();
    }
  };
  await setPassword('', 'canary-of-redis');
  const withPassword = redisStateStores({ url: named.replace('://', '://:canary-of-redis@') });
  t.teardown(() => withPassword.close());
  await withPassword.ping();
  await withPassword.verify();
  const denied = redisStateStores({ url });
  t.teardown(() => denied.close());
  await t.rejects(denied.ping(), { code: 'STORE_FAILED', message: /NOAUTH.*password/ });
  await setPassword('canary-of-redis', '');
});

t.test('a URL of the other kind, and a cluster that is away', async (t) => {
  const single = redisStateStores({ url: cluster.nodes[0]?.url ?? '' });
  t.teardown(() => single.close());
  await t.rejects(single.verify(), { code: 'CONFIG_INVALID', message: /redis\+cluster:/ });
  const away = redisStateStores({ url: 'redis+cluster://user:canary@127.0.0.1:1,127.0.0.1:2' });
  t.teardown(() => away.close());
  const error: unknown = await away.ping().catch((thrown: unknown) => thrown);
  t.ok(isCode(error, 'STORE_UNAVAILABLE'), String(error));
  t.match(String(error), /ECONNREFUSED/);
  t.notMatch(String(error), /canary/);
});
