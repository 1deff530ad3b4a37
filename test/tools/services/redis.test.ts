import { Redis } from 'ioredis';
import t from 'tap';
import { redisUrl, uniqueName } from '../../support/services.ts';

const redis = new Redis(redisUrl());
t.teardown(() => redis.disconnect());

await t.test('answers PING and runs a script atomically', async (t) => {
  const key = uniqueName('key');
  t.equal(await redis.ping(), 'PONG');
  const script = "redis.call('HSET', KEYS[1], 'a', ARGV[1]); return redis.call('HGET', KEYS[1], 'a')";
  t.equal(await redis.eval(script, 1, key, '42'), '42');
  t.equal(await redis.hget(key, 'a'), '42');
  await redis.del(key);
});
