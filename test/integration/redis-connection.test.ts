// A connection to Redis that is refused, breaks or is denied: what a request throws, and what an operator sees.
import t from 'tap';
import { redisStateStores } from '../../src/adapters/redis/state-stores.ts';
import { RecordingTelemetry } from '../support/recording-telemetry.ts';
import { redisUrl } from '../support/services.ts';
import { replyLosingProxy } from './reply-losing-proxy.ts';

const url = redisUrl();

t.test('without Redis: STORE_UNAVAILABLE with the cause and a remedy, and a condition', async (t) => {
  const telemetry = new RecordingTelemetry();
  const stores = redisStateStores({ url: 'redis://:secret@127.0.0.1:1', telemetry });
  t.teardown(() => stores.close());
  await t.rejects(stores.ping(), { code: 'STORE_UNAVAILABLE', message: /ECONNREFUSED.*MILLRACE_REDIS_URL/ });
  t.match(
    telemetry.conditions.get('store_unavailable redis://:***@127.0.0.1:1'),
    /ECONNREFUSED.*!$/,
    'it blocks readiness',
  );
  const connected = redisStateStores({ url, telemetry });
  await connected.ping();
  await connected.close();
  t.ok(telemetry.lines.includes('redis connected'));
});

t.test('a connection that breaks and comes back raises and clears a condition', async (t) => {
  const telemetry = new RecordingTelemetry();
  const proxy = await replyLosingProxy(url);
  t.teardown(() => proxy.close());
  const stores = redisStateStores({ url: proxy.url, telemetry });
  t.teardown(() => stores.close());
  await stores.ping();
  t.equal(telemetry.conditions.size, 0);
  const raised: string[] = [];
  const raise = telemetry.raise.bind(telemetry);
  telemetry.raise = (...args) => {
    raised.push(args[0]);
    raise(...args);
  };
  proxy.loseNextReply();
  await stores.ping();
  t.ok(raised.includes('store_unavailable'));
  t.equal(telemetry.conditions.size, 0, 'it ends with the next connection');
});

t.test('a wrong password is a fault of the configuration', async (t) => {
  const stores = redisStateStores({ url: url.replace('redis://', 'redis://someone:wrong@') });
  t.teardown(() => stores.close());
  await t.rejects(stores.ping(), { code: 'STORE_FAILED', message: /WRONGPASS.*password/s });
});
