// Redis says whether it may drop keys; a start refuses a policy that does, and a condition says so while the engine runs.
import { EventEmitter } from 'node:events';
import t from 'tap';
import type { RedisConnection } from '../../../src/adapters/redis/connection.ts';
import { EvictionWatch } from '../../../src/adapters/redis/eviction-watch.ts';
import { clusterFault, redisFault } from '../../../src/adapters/redis/server-info.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';

const policy = (name: string, evicted = 7): string =>
  `maxmemory_policy:${name}\r\nevicted_keys:${evicted}\r\n`;

t.test('a policy that evicts is a condition, on any server, until it is changed', async (t) => {
  const telemetry = new FakeTelemetry();
  let infos = [policy('noeviction', 0), policy('allkeys-lru')];
  const nodes = [0, 1].map((i) => ({ info: () => Promise.resolve(infos[i]) }));
  const client = Object.assign(new EventEmitter(), { status: 'ready' });
  const redis = { client, where: 'redis://cache', nodes: () => nodes };
  // Of a connection, the watch uses these alone.
  const watch = new EvictionWatch(redis as unknown as RedisConnection, telemetry);
  t.teardown(() => watch.close());
  await watch.look();
  const raised = telemetry.conditions.get('store_evicts redis://cache');
  t.match(raised, /allkeys-lru on 1 of 2 servers, and 7 keys.*noeviction/);
  infos = ['', policy('volatile-lru')];
  await watch.look();
  t.equal(telemetry.conditions.size, 1, 'a server that does not say changes nothing');
  infos = [policy('noeviction'), policy('volatile-lru')];
  await watch.look();
  t.equal(telemetry.conditions.size, 0, 'no key of the engine has a TTL of Redis');
});

t.test('what a start refuses', async (t) => {
  const where = 'redis://h';
  t.match(redisFault(policy('allkeys-lfu'), false, where), {
    code: 'STORE_LOSES_STATE',
    message: /allkeys-lfu.*CONFIG SET maxmemory-policy noeviction/,
  });
  for (const name of ['noeviction', 'volatile-lru', 'volatile-ttl'])
    t.equal(redisFault(policy(name), false, where), null, name);
  t.match(redisFault('cluster_enabled:1\r\n', false, where), {
    code: 'CONFIG_INVALID',
    message: /redis\+cluster/,
  });
  t.equal(redisFault('cluster_enabled:1\r\n', true, where), null);
  t.equal(clusterFault('cluster_state:ok\r\ncluster_slots_ok:16384\r\n'), null);
  t.match(clusterFault('cluster_state:ok\r\ncluster_slots_ok:10923\r\n'), /5461 of 16384 slots/);
  t.match(clusterFault('cluster_state:fail\r\ncluster_slots_ok:16384\r\n'), /fail/);
});
