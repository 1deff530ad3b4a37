// The state store contract on a real Redis, and behaviour that is specific to Redis.
import { Redis } from 'ioredis';
import t from 'tap';
import { redisStateStores } from '../../src/adapters/redis/state-stores.ts';
import { emptyDelta, type StatePut } from '../../src/core/state-delta.ts';
import { stateStoreContract } from '../contracts/state-store.ts';
import { redisUrl, uniqueName } from '../support/services.ts';
import { replyLosingProxy } from './reply-losing-proxy.ts';

const url = redisUrl();
await stateStoreContract(t, 'Redis', { open: () => redisStateStores({ url }) });

const origin = { topic: 'flights', partition: 0 };
const at = (epoch: number) => ({ epoch, offsetNext: epoch * 10, watermarkMs: 1_000, modelVersion: 'v1' });
const put = (key: string, ttlMs: number | null): StatePut => ({
  key,
  state: Uint8Array.of(1, 2),
  served: new Uint8Array(Float32Array.of(1, 2).buffer),
  eventTimeMs: 500,
  ttlMs,
});

const redis = new Redis(url);
t.teardown(() => redis.disconnect());

t.test('the documented layout, readable by redis-cli', async (t) => {
  const stores = redisStateStores({ url });
  t.teardown(() => stores.close());
  const topology = uniqueName('layout');
  const store = stores.open(topology, origin);
  await store.restore(7);
  const stages = new Map([['counts', Uint8Array.of(9)]]);
  await store.commit(at(1), {
    ...emptyDelta(),
    puts: [put('view:JFK', 60_000), put('view:LGA', null)],
    stages,
  });
  const prefix = `mr:{${topology}:flights:0}:`;
  t.match(await redis.hgetall(`${prefix}meta`), {
    generation: '7',
    epoch: '1',
    offset: '10',
    watermark: '1000',
    model: 'v1',
    'stage:counts': '\t',
  });
  const hash = await redis.hgetall(`${prefix}k:view:JFK`);
  t.same(Object.keys(hash).sort(), ['n', 's', 't', 'ttl', 'v']);
  t.match(hash, { t: '500', ttl: '60000' });
  for (const key of await redis.keys(`${prefix}*`))
    t.equal(await redis.pttl(key), -1, 'Redis expires nothing');
  t.equal(Number(await redis.zscore(`${prefix}index`, 'view:JFK')), 63_750, 'event time and TTL, rounded up');
  t.equal(await redis.zscore(`${prefix}index`, 'view:LGA'), 'inf');
  t.equal(await redis.hget(`${prefix}meta`, 'keys'), '2');
  await store.commit(at(2), { ...emptyDelta(), puts: [put('view:JFK', null)] });
  t.equal(await redis.zscore(`${prefix}index`, 'view:JFK'), 'inf', 'a put without TTL removes the old one');
});

t.test('a task that restarts in the same generation fences writes of the previous one', async (t) => {
  const stores = redisStateStores({ url });
  t.teardown(() => stores.close());
  const topology = uniqueName('restarted');
  const before = stores.open(topology, origin);
  await before.restore(3);
  await before.commit(at(1), emptyDelta());
  const after = stores.open(topology, origin);
  t.match(await after.restore(3), { epoch: 1 });
  await t.rejects(before.commit(at(2), { ...emptyDelta(), puts: [put('late', null)] }), { code: 'FENCED' });
  t.same(await after.get(['late']), [null]);
  await after.commit(at(2), emptyDelta());
});

t.test('an owner cannot read from a store that was emptied or has a newer owner', async (t) => {
  const stores = redisStateStores({ url });
  t.teardown(() => stores.close());
  const topology = uniqueName('reads');
  const old = stores.open(topology, origin);
  await old.restore(3);
  await old.commit(at(1), { ...emptyDelta(), puts: [put('a', null)] });
  t.same(
    (await old.get(['a'])).map((blob) => [...(blob ?? [])]),
    [[1, 2]],
  );
  const young = stores.open(topology, origin);
  await young.restore(4);
  await t.rejects(old.get(['a']), { code: 'FENCED' });
  await t.rejects(old.check(), { code: 'FENCED' });
  await young.check();
  const keys = await redis.keys(`mr:{${topology}:*`);
  await redis.del(...keys);
  await t.rejects(young.get(['a']), { code: 'STORE_LOST', message: /no longer holds/ });
  await t.rejects(young.check(), { code: 'STORE_LOST', message: /no longer holds/ });
});

t.test(
  'an owner detects that Redis has restarted without the last commit that it had acknowledged',
  async (t) => {
    const stores = redisStateStores({ url });
    t.teardown(() => stores.close());
    const topology = uniqueName('older');
    const prefix = `mr:{${topology}:flights:0}:`;
    const store = stores.open(topology, origin);
    await store.restore(3);
    await store.commit(at(1), { ...emptyDelta(), puts: [put('a', null)] });
    const older = await Promise.all(
      (await redis.keys(`${prefix}*`)).map(async (key) => ({ key, dump: await redis.dumpBuffer(key) })),
    );
    const goBack = async (): Promise<void> => {
      await redis.del(...(await redis.keys(`${prefix}*`)));
      for (const { key, dump } of older) await redis.restore(key, 0, dump);
    };
    const lost = { code: 'STORE_LOST', message: /no longer holds this owner's state/ };
    await store.commit(at(2), { ...emptyDelta(), puts: [put('b', null)] });
    await goBack();
    await t.rejects(store.get(['a', 'b']), lost);
    await t.rejects(store.commit(at(3), { ...emptyDelta(), puts: [put('c', null)] }), lost);
    t.same(await redis.keys(`${prefix}k:*`), [`${prefix}k:a`]);
    const restarted = stores.open(topology, origin);
    t.match(await restarted.restore(3), { epoch: 1, offsetNext: 10 }, 'restarts from the stored state');
    await restarted.commit(at(2), { ...emptyDelta(), puts: [put('b', null)] });
    await restarted.commit(at(3), emptyDelta());
    t.equal((await restarted.get(['a', 'b'])).filter((state) => state !== null).length, 2);
    const next = stores.open(topology, origin);
    await next.restore(4);
    await goBack();
    await t.rejects(next.get(['a']), { code: /^(FENCED|STORE_LOST)$/ }, 'even before its first commit');
  },
);

t.test('a commit whose reply is lost is retried and applied once', async (t) => {
  const proxy = await replyLosingProxy(url);
  t.teardown(() => proxy.close());
  const stores = redisStateStores({ url: proxy.url });
  t.teardown(() => stores.close());
  const store = stores.open(uniqueName('repeat'), origin);
  await store.restore(1);
  const append = (value: number) => [
    { key: 'log', bytes: Uint8Array.of(value), eventTimeMs: 0, ttlMs: null },
  ];
  await store.commit(at(1), { ...emptyDelta(), appends: append(5) });
  proxy.loseNextReply();
  await store.commit(at(2), { ...emptyDelta(), appends: append(6) });
  t.equal(proxy.lost(), 1);
  t.same(await store.get(['log']), [Buffer.of(5, 6)]);
});

t.test('scripts that Redis has dropped are sent again', async (t) => {
  const stores = redisStateStores({ url });
  t.teardown(() => stores.close());
  const store = stores.open(uniqueName('flush'), origin);
  await store.restore(1);
  await store.commit(at(1), { ...emptyDelta(), puts: [put('a', null)] });
  await redis.script('FLUSH');
  await store.commit(at(2), { ...emptyDelta(), puts: [put('b', null)] });
  t.equal((await store.get(['a', 'b'])).filter((state) => state !== null).length, 2);
});

t.test('an owner whose state Redis has lost gets an error and writes no partial state', async (t) => {
  const stores = redisStateStores({ url });
  t.teardown(() => stores.close());
  const topology = uniqueName('lost');
  const store = stores.open(topology, origin);
  await store.restore(3);
  await store.commit(at(1), emptyDelta());
  await redis.del(`mr:{${topology}:flights:0}:meta`);
  await t.rejects(store.commit(at(2), { ...emptyDelta(), puts: [put('a', null)] }), {
    code: 'STORE_LOST',
    message: /no longer holds this owner's state/,
  });
  t.same(await stores.open(topology, origin).get(['a']), [null]);
});

t.test('a lost key is named, by reads and by appends, and nothing is written in part', async (t) => {
  const stores = redisStateStores({ url });
  t.teardown(() => stores.close());
  const topology = uniqueName('keys');
  const prefix = `mr:{${topology}:flights:0}:`;
  const store = stores.open(topology, origin);
  await store.restore(1);
  const append = (key: string, value: number) => ({
    key,
    bytes: Uint8Array.of(value),
    eventTimeMs: 0,
    ttlMs: null,
  });
  await store.commit(at(1), { ...emptyDelta(), puts: [put('a', null)], appends: [append('list', 1)] });
  await redis.del(`${prefix}k:list`, `${prefix}k:a`);
  await t.rejects(store.get(['none', 'list', 'a']), { code: 'STORE_LOST', keys: ['list', 'a'] });
  const delta = { ...emptyDelta(), puts: [put('b', null)], appends: [append('list', 2)] };
  await t.rejects(store.commit(at(2), delta), { code: 'STORE_LOST', keys: ['list'] });
  t.same(await store.get(['b']), [null], 'nothing of the commit');
  const replaced = {
    ...emptyDelta(),
    deletes: ['list'],
    puts: [put('a', null)],
    appends: [append('list', 3)],
  };
  await store.commit(at(2), replaced);
  t.same(await store.get(['list']), [Buffer.of(3)], 'what is deleted or put first is not needed');
  await redis.del(`${prefix}k:list`);
  await store.forget(['list']);
  await store.commit(at(3), delta);
  t.same(await store.get(['list']), [Buffer.of(2)]);
  t.equal(await redis.hget(`${prefix}meta`, 'keys'), '3');
});

t.test('keys go when event time has passed them, a bounded number at a time', async (t) => {
  const stores = redisStateStores({ url });
  t.teardown(() => stores.close());
  const topology = uniqueName('sweep');
  const prefix = `mr:{${topology}:flights:0}:`;
  const other = stores.open(`${topology}-other`, origin);
  await other.restore(1);
  await other.commit(at(1), { ...emptyDelta(), puts: [put('k', 1_000)] });
  const store = stores.open(topology, origin);
  await store.restore(1);
  const puts = Array.from({ length: 2_000 }, (_, i) => put(`k${i}`, 1_000));
  await store.commit(at(1), { ...emptyDelta(), puts: [...puts, put('forever', null), put('long', 1e9)] });
  const counted = async (): Promise<number> => (await redis.keys(`${prefix}k:*`)).length;
  t.equal(await counted(), 2_002);
  const later = (epoch: number) => ({ ...at(epoch), watermarkMs: 5_000 });
  await store.commit(later(2), emptyDelta());
  t.equal(await counted(), 2_002 - 512);
  for (let epoch = 3; epoch < 6; epoch++) await store.commit(later(epoch), emptyDelta());
  t.same((await redis.keys(`${prefix}k:*`)).sort(), [`${prefix}k:forever`, `${prefix}k:long`]);
  t.same(await store.get(['k7']), [null], 'an expired key is none that was lost');
  t.equal(
    await redis.exists(`mr:{${topology}-other:flights:0}:k:k`),
    1,
    'another partition has its own time',
  );
});

t.test('what a lost partition leaves behind counts as absent, and is deleted', async (t) => {
  const stores = redisStateStores({ url });
  t.teardown(() => stores.close());
  const topology = uniqueName('orphans');
  const prefix = `mr:{${topology}:flights:0}:`;
  const store = stores.open(topology, origin);
  await store.restore(1);
  const puts = Array.from({ length: 3_000 }, (_, i) => put(`k${i}`, null));
  await store.commit(at(1), { ...emptyDelta(), puts });
  await redis.del(`${prefix}meta`);
  const next = stores.open(topology, origin);
  t.equal(await next.restore(2), null);
  t.same(await next.get(['k1', 'k2']), [null, null]);
  await next.commit(at(1), { ...emptyDelta(), puts: [put('k1', null)] });
  for (let tries = 0; tries < 200 && (await redis.keys(`${prefix}k:*`)).length > 1; tries++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  t.same(await redis.keys(`${prefix}k:*`), [`${prefix}k:k1`]);
});
