// Redis says whether it may drop keys; the engine warns before it does.
import { EventEmitter } from 'node:events';
import t from 'tap';
import type { RedisConnection } from '../../../src/adapters/redis/connection.ts';
import { EvictionWatch } from '../../../src/adapters/redis/eviction-watch.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';

t.test('a policy that evicts is a condition, until it is changed', async (t) => {
  const telemetry = new FakeTelemetry();
  let info = 'maxmemory_policy:allkeys-lru\r\nevicted_keys:7\r\n';
  const redis = Object.assign(new EventEmitter(), { status: 'ready', info: () => Promise.resolve(info) });
  const watch = new EvictionWatch(redis as unknown as RedisConnection, telemetry, 'redis://cache');
  t.teardown(() => watch.close());
  await watch.look();
  t.match(telemetry.conditions.get('store_evicts redis://cache'), /allkeys-lru, and 7 keys.*noeviction/);
  info = 'maxmemory_policy:noeviction\r\nevicted_keys:7\r\n';
  await watch.look();
  t.equal(telemetry.conditions.size, 0);
  redis.info = () => Promise.reject(new Error('NOPERM'));
  await watch.look();
  t.equal(telemetry.conditions.size, 0, 'a service that does not say');
});
