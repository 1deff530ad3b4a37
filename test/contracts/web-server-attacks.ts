/** What every web server adapter must withstand. */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import { WebSocket } from 'ws';
import type { HttpRequest, OpenWebServer, PortHandler, WebServer } from '../../src/ports/web-server.ts';
import { openPort } from '../support/open-port.ts';
import { everything, exchange, rawConnection, rawRequest, rawUpgrade } from '../support/raw-http.ts';

const GRACE_MS = 20_000;
/** Far below the grace, on whatever machine. */
const SOON_MS = 5_000;
const HEAD_MS = 500;
const SETTLE_MS = 20;

interface Served {
  readonly server: WebServer;
  readonly seen: HttpRequest[];
}

async function open(t: Test, openWebServer: OpenWebServer): Promise<Served> {
  const seen: HttpRequest[] = [];
  const server = await openWebServer({
    port: 0,
    host: '127.0.0.1',
    handler: openPort({
      http: (request) => {
        seen.push(request);
        return { status: 200, headers: {}, body: request.path };
      },
      sockets: {
        path: '/ws',
        session: () => ({ opened: () => {}, message: () => {}, closed: () => {} }),
      },
    }),
  });
  t.teardown(() => server.close(100));
  return { server, seen };
}

/** The same request on every adapter: taken in one form, or refused. */
async function testCanonical(t: Test, openWebServer: OpenWebServer): Promise<void> {
  const { server, seen } = await open(t, openWebServer);
  const refused = [
    '//',
    '//x/api/models/promote',
    '/public/../api/models/promote',
    '/%2e%2e/api/models/promote',
    '/..%2fapi',
    '/\\x/api/models/promote',
    '\\api',
    'http://127.0.0.1/api/models/promote',
    '/api/models/promote%00',
    '/api/%6dodels',
    '/api/models/',
    `/${'a'.repeat(9_000)}`,
  ];
  for (const target of refused) {
    for (const request of [rawRequest('POST', target, ['Content-Length: 0']), rawUpgrade(target)]) {
      const { status } = await exchange(server.port, request);
      // A parser may refuse it first.
      t.ok(status === 400 || status === 505, `${request.slice(0, 4)} ${target.slice(0, 40)}: ${status}`);
    }
  }
  t.same(seen, [], 'nothing of it is routed');
  t.equal((await exchange(server.port, rawRequest('get', '/'))).status, 400);
  const twice = rawRequest('GET', '/', ['Authorization: Bearer a', 'Authorization: Bearer b']);
  t.equal((await exchange(server.port, twice)).status, 400);
  const headers = ['X-Two: a', 'x-two: b', 'Cookie: session=1'];
  t.equal((await exchange(server.port, rawRequest('GET', '/a%20b/c%2Fd?x=1&x=%26', headers))).status, 200);
  t.match(seen, [
    { method: 'GET', path: '/a%20b/c%2Fd', host: '127.0.0.1', peer: '127.0.0.1', encrypted: false },
  ]);
  t.same(seen[0]?.query.getAll('x'), ['1', '&']);
  t.same(Object.fromEntries(seen[0]?.headers ?? []), {
    host: '127.0.0.1',
    connection: 'close',
    'x-two': 'a, b',
  });
}

/** An error of a connection that nothing reads used to end the process. */
async function testUpgradeFaults(t: Test, openWebServer: OpenWebServer): Promise<void> {
  const { server } = await open(t, openWebServer);
  for (const target of ['//', '/nothing', '/ws', 'http://[', '*']) {
    const reset = await rawConnection(server.port);
    reset.write(rawUpgrade(target));
    reset.resetAndDestroy();
    const late = await rawConnection(server.port);
    late.write(rawUpgrade(target));
    await new Promise((resolve) => late.once('data', resolve));
    late.resetAndDestroy();
  }
  t.equal((await exchange(server.port, rawUpgrade('/nothing'))).status, 404);
  const h2c = [
    'Connection: Upgrade, HTTP2-Settings, close',
    'Upgrade: h2c',
    'HTTP2-Settings: AAMAAABkAAQAoAAA',
  ];
  const plain = `GET /x HTTP/1.1\r\nHost: 127.0.0.1\r\n${h2c.join('\r\n')}\r\n\r\n`;
  t.equal((await exchange(server.port, plain)).status, 200, 'another upgrade is a plain request');
  t.equal((await exchange(server.port, rawRequest('GET', '/'))).status, 200, 'it still serves');
}

async function testHeldOpen(t: Test, openWebServer: OpenWebServer): Promise<void> {
  const { server } = await open(t, openWebServer);
  const idle = await Promise.all(
    [rawUpgrade('/nothing'), 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n', 'GET', ''].map(async (start) => {
      const socket = await rawConnection(server.port);
      socket.write(start);
      return socket;
    }),
  );
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/ws`);
  await new Promise((resolve) => client.once('open', resolve));
  const startMs = performance.now();
  await server.close(GRACE_MS);
  t.ok(performance.now() - startMs < SOON_MS, 'a connection without a request is not waited for');
  for (const socket of idle) socket.destroy();
}

async function testGarbage(t: Test, openWebServer: OpenWebServer): Promise<void> {
  const { server } = await open(t, openWebServer);
  const garbage = [
    '\u0000\u0000\u0000\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    'GET /\r\n\r\n',
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
  ];
  for (const bytes of garbage) {
    const socket = await rawConnection(server.port);
    socket.end(bytes, 'latin1');
    const answer = await everything(socket);
    t.match(answer, /^(?:$|HTTP\/1\.1 (?:4\d\d|505) )/, JSON.stringify(bytes.slice(0, 20)));
  }
  t.equal((await exchange(server.port, rawRequest('GET', '/'))).status, 200, 'it still serves');
}

/** Without a content-length, a server learns only from the body itself that it is too large. */
async function testLargeBody(t: Test, openWebServer: OpenWebServer): Promise<void> {
  const { server, seen } = await open(t, openWebServer);
  const head = rawRequest('POST', '/x', ['Transfer-Encoding: chunked']);
  const chunk = `8000\r\n${'x'.repeat(0x80_00)}\r\n`;
  for (const body of [chunk.repeat(3), `${chunk.repeat(3)}0\r\n\r\n`]) {
    const { status, headers } = await exchange(server.port, head + body);
    t.equal(status, 413);
    t.equal(headers.get('connection') ?? 'close', 'close');
  }
  t.same(seen, []);
  const whole = await exchange(server.port, `${head}${chunk.repeat(2)}0\r\n\r\n`);
  t.equal(whole.status, 200, 'a body of the greatest size');
}

/** A client resets its connection while its request waits behind another one: the request comes, and its address is gone. */
async function testResets(t: Test, openWebServer: OpenWebServer): Promise<void> {
  let clients: Socket[] = [];
  const counts = { open: 0 };
  const port = openPort({
    http: ({ path }) => ({ status: 200, headers: {}, body: path }),
    sockets: { path: '/ws', session: () => ({ opened: () => {}, message: () => {}, closed: () => {} }) },
  });
  const handler: PortHandler = {
    request(head) {
      if (head.target === '/first') for (const client of clients) client.resetAndDestroy();
      return port.request(head);
    },
    upgrade: (head) => port.upgrade(head),
    refusal: (status) => port.refusal(status),
    connected(peer) {
      counts.open += 1;
      return port.connected(peer);
    },
    disconnected(peer) {
      counts.open -= 1;
      port.disconnected(peer);
    },
  };
  const server = await openWebServer({ port: 0, host: '127.0.0.1', headMs: HEAD_MS, handler });
  t.teardown(() => server.close(100));
  const requests = [
    rawRequest('POST', '/x', ['Content-Length: 5']),
    rawUpgrade('/ws'),
    rawUpgrade('/nothing'),
  ];
  for (let round = 0; round < 10; round++) {
    const first = await rawConnection(server.port);
    clients = await Promise.all(Array.from({ length: 20 }, () => rawConnection(server.port)));
    await sleep(SETTLE_MS); // all are accepted
    first.write(rawRequest('GET', '/first'));
    for (const [i, client] of clients.entries()) client.write(requests[i % requests.length] as string);
    await everything(first);
  }
  await sleep(3 * HEAD_MS); // past every deadline of the connections
  t.match(await exchange(server.port, rawRequest('GET', '/after')), { status: 200, body: '/after' });
  while (counts.open > 0) await sleep(SETTLE_MS);
}

/** Runs the attacks against one adapter. */
export async function testWebServerAttacks(t: Test, openWebServer: OpenWebServer): Promise<void> {
  await t.test('one canonical form of a request', (t) => testCanonical(t, openWebServer));
  await t.test('upgrades that fail', (t) => testUpgradeFaults(t, openWebServer));
  await t.test('connections idle open do not delay the shutdown', (t) => testHeldOpen(t, openWebServer));
  await t.test('bytes that are no HTTP', (t) => testGarbage(t, openWebServer));
  await t.test('connections that are reset behind a request', (t) => testResets(t, openWebServer));
  await t.test('chunked bodies that are too large', (t) => testLargeBody(t, openWebServer));
}
