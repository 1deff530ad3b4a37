// What pages of other origins may not do, through the whole port.
import t, { type Test } from 'tap';
import { exampleStart } from '../../e2e/example-run.ts';
import type { ServingOptions } from '../../../src/serving/server.ts';
import { browserGuard } from '../../../src/serving/port/browser-guard.ts';
import { clientKey } from '../../../src/serving/port/client-address.ts';
import { RateLimiter } from '../../../src/resilience/rate-limiter.ts';
import { canonicalHead } from '../../support/canonical-head.ts';
import { openExampleServing } from '../../support/example-serving.ts';
import { exchange, type RawResponse, rawUpgrade } from '../../support/raw-http.ts';

const JSON_TYPE = 'Content-Type: application/json';

async function open(t: Test, more: Partial<ServingOptions> = {}): Promise<{ port: number; done: string[] }> {
  const done: string[] = [];
  const { serving } = await openExampleServing({
    state: () => exampleStart(0),
    models: {
      list: async () => [],
      promote: async (_topology, version) => {
        done.push(version);
        return { version, outcome: 'taken', waiting: [] };
      },
      rollback: async () => {
        done.push('back');
        return { version: 'v1', outcome: 'taken', waiting: [] };
      },
    },
    ...more,
  });
  t.teardown(() => serving.close(100));
  return { port: serving.port, done };
}

function post(port: number, headers: readonly string[], body = '', host?: string): Promise<RawResponse> {
  const lines = [
    'POST /api/models/rollback HTTP/1.1',
    `Host: ${host ?? `127.0.0.1:${port}`}`,
    'Connection: close',
    `Content-Length: ${body.length}`,
    ...headers,
  ];
  return exchange(port, `${lines.join('\r\n')}\r\n\r\n${body}`);
}

function get(port: number, path: string, host: string, more: readonly string[] = []): Promise<RawResponse> {
  return exchange(
    port,
    ['GET ' + path + ' HTTP/1.1', `Host: ${host}`, 'Connection: close', ...more, '', ''].join('\r\n'),
  );
}

await t.test('state changes of pages of other origins', async (t) => {
  const { port, done } = await open(t);
  for (const origin of [
    'http://evil.example',
    'null',
    `https://127.0.0.1:${port + 1}`,
    `http://localhost:${port}`,
  ]) {
    const refused = await post(port, [JSON_TYPE, `Origin: ${origin}`]);
    t.equal(refused.status, 403, origin);
    t.match(refused.body, 'ORIGIN_REFUSED');
  }
  t.equal((await post(port, [JSON_TYPE, 'Sec-Fetch-Site: cross-site'])).status, 403);
  for (const type of [
    [],
    ['Content-Type: text/plain'],
    ['Content-Type: application/x-www-form-urlencoded'],
    ['Content-Type: application/jsonp'],
  ]) {
    t.equal((await post(port, type, '{}')).status, 415, type[0] ?? 'no type');
    t.equal((await post(port, type)).status, 415, 'without a body too');
  }
  t.same(done, []);
  t.equal((await post(port, [JSON_TYPE])).status, 200, 'a client that is no browser');
  t.equal(
    (await post(port, [JSON_TYPE, `Origin: http://127.0.0.1:${port}`, 'Sec-Fetch-Site: same-origin'])).status,
    200,
  );
  t.equal((await post(port, [`${JSON_TYPE}; charset=UTF-8`])).status, 200);
  t.same(done, ['back', 'back', 'back']);
});

await t.test('a name that was rebound to the address', async (t) => {
  const { port, done } = await open(t, { hosts: ['Millrace.example'] });
  const own = `Origin: http://evil.example:${port}`;
  const refused = await post(port, [JSON_TYPE, own], '', `evil.example:${port}`);
  t.equal(refused.status, 403);
  t.match(refused.body, 'HOST_REFUSED');
  for (const path of ['/api/state', '/metrics', '/api/models', '/'])
    t.equal((await get(port, path, 'evil.example')).status, 403, `reading ${path}`);
  t.equal((await get(port, '/livez', 'evil.example')).status, 200, 'a probe says nothing');
  const upgrade = (host: string, ...more: string[]): Promise<RawResponse> =>
    exchange(
      port,
      rawUpgrade('/ws', more).replace('Host: 127.0.0.1', `Host: ${host}`) +
        '\u0088\u0080\u0000\u0000\u0000\u0000',
    );
  t.equal((await upgrade('evil.example', 'Origin: http://evil.example')).status, 403);
  t.equal((await upgrade('127.0.0.1', 'Origin: http://evil.example')).status, 403);
  t.equal((await upgrade('127.0.0.1', 'Origin: http://127.0.0.1')).status, 101);
  t.equal((await upgrade('127.0.0.1')).status, 101);
  t.same(done, []);
  for (const host of ['localhost', 'LOCALHOST:1', '127.0.0.1', '127.9.9.9', '[::1]:7400', 'millrace.example'])
    t.equal((await post(port, [JSON_TYPE], '', host)).status, 200, host);
});

t.test('names and origins', (t) => {
  let readsOpenly = false;
  const any = browserGuard({
    address: '0.0.0.0',
    hosts: [],
    origins: ['https://ui.example'],
    readsOpenly: () => readsOpenly,
  });
  const change = (host: string, headers: Record<string, string> = {}): number =>
    any.check(canonicalHead({ method: 'POST', host, headers: new Map(Object.entries(headers)) }), false)
      ?.status ?? 200;
  t.equal(change('10.1.2.3:7400'), 200, 'an address cannot be rebound');
  t.equal(change('[fd00::1]:7400'), 200);
  t.equal(change('evil.example'), 403);
  t.equal(
    any.check(canonicalHead({ host: 'service.example' }), false),
    null,
    'reading needs a credential there',
  );
  readsOpenly = true;
  const rebound = canonicalHead({ host: 'evil.example' });
  t.equal(any.check(rebound, false)?.status, 403, 'everyone may read, but not by any name');
  const authorized = canonicalHead({
    host: 'service.example',
    headers: new Map([['authorization', 'Bearer x']]),
  });
  t.equal(any.check(authorized, false), null);
  t.equal(any.check(canonicalHead({ host: 'service.example', path: '/livez' }), false), null, 'a probe');
  t.equal(change('10.1.2.3', { origin: 'https://ui.example' }), 200);
  t.equal(change('10.1.2.3', { origin: 'http://ui.example' }), 403);
  t.equal(change('10.1.2.3', { origin: 'https://10.1.2.3' }), 200, 'behind a proxy that ends TLS');
  const one = browserGuard({ address: '10.0.0.5', hosts: [], origins: [], readsOpenly: () => false });
  t.equal(one.check(canonicalHead({ method: 'POST', host: '10.0.0.6' }), false)?.status, 403);
  t.equal(one.check(canonicalHead({ method: 'POST', host: '10.0.0.5:1' }), false), null);
  t.end();
});

await t.test('a page of an allowed origin', async (t) => {
  const { port } = await open(t, { origins: ['https://ui.example'] });
  const origin = 'Origin: https://ui.example';
  const head = ['OPTIONS /api/models/rollback HTTP/1.1', `Host: 127.0.0.1:${port}`, 'Connection: close'];
  const asked = [...head, origin, 'Access-Control-Request-Method: POST', '', ''].join('\r\n');
  const preflight = await exchange(port, asked);
  t.equal(preflight.status, 204);
  t.equal(preflight.headers.get('access-control-allow-origin'), 'https://ui.example');
  t.match(preflight.headers.get('access-control-allow-headers'), 'content-type');
  const answer = await post(port, [JSON_TYPE, origin]);
  t.equal(answer.status, 200);
  t.equal(answer.headers.get('access-control-allow-origin'), 'https://ui.example');
  const other = await exchange(port, asked.replace('ui.example', 'evil.example'));
  t.notOk(other.headers.has('access-control-allow-origin'));
});

await t.test('every response says what a browser may not do with it', async (t) => {
  const { port } = await open(t, {
    state: () => {
      throw new Error('broken');
    },
  });
  const responses: Array<[name: string, response: RawResponse]> = [];
  for (const path of [
    '/',
    '/dashboard.js',
    '/theme.css',
    '/livez',
    '/metrics',
    '/api/models',
    '/api/state',
    '/nothing',
    '//',
    '/ws',
  ])
    responses.push([path, await get(port, path, '127.0.0.1')]);
  responses.push([
    '405',
    await exchange(port, 'DELETE / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
  ]);
  responses.push(['415', await post(port, [])], ['403', await post(port, [JSON_TYPE], '', 'evil.example')]);
  responses.push(['413', await post(port, [JSON_TYPE], 'x'.repeat(70_000))]);
  responses.push(['304', await get(port, '/', '127.0.0.1', ['If-None-Match: *'])]);
  responses.push(['upgrade', await exchange(port, rawUpgrade('/nothing'))]);
  responses.push([
    'bad upgrade',
    await exchange(port, rawUpgrade('/ws').replace('-Version: 13', '-Version: 99')),
  ]);
  responses.push(['parser', await exchange(port, 'GET / HTTP/1.1\r\nbroken\r\n\r\n')]);
  responses.push(['431', await exchange(port, `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)]);
  for (const [name, { status, headers }] of responses) {
    t.ok(status > 0, `${name}: ${status}`);
    t.match(headers.get('content-security-policy'), /default-src 'none'.*frame-ancestors 'none'/, name);
    t.equal(headers.get('x-content-type-options'), 'nosniff', name);
    t.equal(headers.get('referrer-policy'), 'no-referrer', name);
    t.notOk(headers.has('strict-transport-security'), 'not without TLS');
  }
});

t.test('a bucket of requests for each client', (t) => {
  let nowMs = 0;
  const limiter = new RateLimiter({ perSecond: 2, keysMax: 2, nowMs: () => nowMs });
  t.same([limiter.take('a'), limiter.take('a'), limiter.take('a'), limiter.take('b')], [0, 0, 1, 0]);
  nowMs = 500;
  t.same([limiter.take('a'), limiter.take('a')], [0, 1]);
  limiter.take('c');
  t.equal(limiter.take('b'), 0, 'what was longest unused is forgotten');
  t.equal(clientKey('10.0.0.1'), '10.0.0.1');
  t.equal(clientKey('2001:db8:1:2:3::1'), '2001:db8:1:2::/64');
  t.equal(clientKey('2001:db8::1'), '2001:db8:0:0::/64');
  t.equal(clientKey('::1'), '0:0:0:0::/64');
  t.end();
});

await t.test('probes at the same time share one check of the services', async (t) => {
  let checks = 0;
  const check = async (): Promise<void> => {
    checks++;
    await new Promise((resolve) => setTimeout(resolve, 200));
  };
  const { port } = await open(t, { checks: { log: check } });
  const all = await Promise.all(Array.from({ length: 20 }, () => get(port, '/readyz', '127.0.0.1')));
  t.ok(all.every(({ status }) => status === 200));
  t.ok(checks < 10, `${checks} checks`);
});
