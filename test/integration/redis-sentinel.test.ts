// State in a Redis that real Sentinels watch: the primary is killed during writes, and its replica goes on.
import { Redis } from 'ioredis';
import t from 'tap';
import { redisStateStores } from '../../src/adapters/redis/state-stores.ts';
import { isEnvironmentFault } from '../../src/core/faults.ts';
import { emptyDelta } from '../../src/core/state-delta.ts';
import { startRedisSentinel } from '../../tools/services/redis/sentinel.ts';
import { RecordingTelemetry } from '../support/recording-telemetry.ts';
import { readUntil } from '../support/served-reads.ts';
import { uniqueName } from '../support/services.ts';

t.setTimeout(120_000);
const PASSWORD = 'canary-of-the-sentinels';
const service = await startRedisSentinel(PASSWORD);
t.teardown(() => service.stop());
const { url } = service;
const origin = { topic: 'flights', partition: 0 };
const accessTo = (at: string) => () => ({
  url: at,
  user: null,
  sentinelUser: { username: '', password: PASSWORD },
  tls: {},
});

t.test('a primary that is killed: the commits go on in its replica, none lost or doubled', async (t) => {
  const telemetry = new RecordingTelemetry();
  const stores = redisStateStores({ url, access: accessTo(url), telemetry });
  t.teardown(() => stores.close());
  await stores.ping();
  await stores.verify();
  const topology = uniqueName('sentinel');
  const last = 300;
  let killed = false;
  const commitAll = async (): Promise<void> => {
    const store = stores.open(topology, origin);
    const restored = await store.restore(1);
    for (let epoch = (restored?.epoch ?? 0) + 1; epoch <= last; epoch++) {
      const append = { key: 'list', bytes: Uint8Array.of(epoch % 256), eventTimeMs: 0, ttlMs: null };
      const at = { epoch, offsetNext: epoch, watermarkMs: 0, modelVersion: '' };
      await store.commit(at, { ...emptyDelta(), appends: [append] });
      if (epoch !== 50 || killed) continue;
      killed = true;
      await service.servers[0].kill();
    }
    const [list] = await store.get(['list']);
    const all = Array.from({ length: last }, (_, i) => (i + 1) % 256);
    t.same([...(list ?? [])], all);
  };
  let isOver = false;
  const reader = redisStateStores({ url, access: accessTo(url) });
  t.teardown(() => reader.close());
  const empty = stores.open(topology, origin);
  await empty.restore(1);
  await empty.commit({ epoch: 0, offsetNext: 0, watermarkMs: 0, modelVersion: '' }, emptyDelta());
  const reading = readUntil(reader, topology, ({ answered }) => isOver && answered > 10);
  for (let restarts = 0; ; restarts++) {
    try {
      await commitAll();
      break;
    } catch (error) {
      if (!isEnvironmentFault(error) || restarts > 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  isOver = true;
  const reads = await reading;
  t.comment('each answer whole', JSON.stringify(reads));
  t.match(await reader.served(topology, origin, []), { offsetNext: last });
  t.equal(telemetry.conditions.size, 0, 'the outage has ended');
  const replica = new Redis(service.servers[1].url);
  t.teardown(() => replica.disconnect());
  t.match(await replica.info('replication'), /role:master/);
  await replica.config('SET', 'maxmemory-policy', 'allkeys-random');
  await t.rejects(stores.verify(), { code: 'STORE_LOSES_STATE' });
});

t.test('Sentinels that do not know the primary, or refuse the password, are the reason', async (t) => {
  const other = url.replace('/main', '/other');
  const unknown = redisStateStores({ url: other, access: accessTo(other) });
  t.teardown(() => unknown.close());
  await t.rejects(unknown.ping(), { code: 'STORE_UNAVAILABLE', message: /sentinel/i });
  const denied = redisStateStores({ url });
  t.teardown(() => denied.close());
  await t.rejects(denied.ping(), { code: 'STORE_UNAVAILABLE', message: /NOAUTH/ });
});
