// What a URL of Redis may say, and that its secrets are in no message.
import t from 'tap';
import { redisAddress } from '../../../src/adapters/redis/address.ts';
import { redisUrl } from '../../../src/app/settings/services.ts';
import { readTls } from '../../../src/app/settings/tls-files.ts';
import { redacted, withoutCredentials } from '../../../src/core/secrets.ts';

t.test('one server, a cluster, Sentinels', async (t) => {
  t.same(redisAddress('rediss://h:1/2'), { kind: 'single', host: 'h', isTls: true });
  t.same(redisAddress('redis+cluster://user:p%40ss-word@one:7000,[::1]:7001,three'), {
    kind: 'cluster',
    isTls: false,
    username: 'user',
    password: 'p@ss-word',
    nodes: [
      { host: 'one', port: 7_000 },
      { host: '::1', port: 7_001 },
      { host: 'three', port: 6_379 },
    ],
  });
  t.same(redisAddress('rediss+sentinel://:canary-pass@one,two:26380/main/3'), {
    kind: 'sentinel',
    isTls: true,
    password: 'canary-pass',
    sentinels: [
      { host: 'one', port: 26_379 },
      { host: 'two', port: 26_380 },
    ],
    primary: 'main',
    db: 3,
  });
  const refused = { code: 'CONFIG_INVALID', message: /MILLRACE_REDIS_URL/ };
  for (const url of [
    'redis+sentinel://a,b',
    'redis+cluster://a,b/1',
    'http://a',
    'redis+cluster://a,:1',
    'x',
  ])
    t.throws(() => redisAddress(url), refused, url);
});

t.test('the setting accepts a list of hosts where the protocol has one, and shows no password', async (t) => {
  const url = 'redis+cluster://user:canary-of-the-url@a:1,b:2';
  t.equal(redisUrl.read({ MILLRACE_REDIS_URL: url }), url);
  t.equal(redisUrl.show(url), 'redis+cluster://a:1,b:2');
  t.equal(withoutCredentials(url), 'redis+cluster://a:1,b:2');
  t.notMatch(redacted(`failed at ${url} with canary-of-the-url`), /canary/);
  t.throws(() => redisUrl.read({ MILLRACE_REDIS_URL: 'redis://a:1,b:2' }), { code: 'CONFIG_INVALID' });
  t.throws(() => redisUrl.read({ MILLRACE_REDIS_URL: 'redis+cluster://a:1,b:x' }), {
    code: 'CONFIG_INVALID',
  });
  const none = { MILLRACE_REDIS_URL: 'redis+cluster://a,b', MILLRACE_REDIS_CA_FILE: '/none' };
  t.throws(() => readTls('redis', none), /requires a rediss:\/\/ URL/);
  const tls = { ...none, MILLRACE_REDIS_URL: 'rediss+cluster://a,b' };
  t.throws(() => readTls('redis', tls), /cannot read the file/);
});
