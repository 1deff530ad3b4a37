/** What one client may take of every web server adapter: time, connections and requests. */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import { WebSocket } from 'ws';
import { HTTP_BODIES_BYTES_MAX } from '../../src/core/port-limits.ts';
import type { OpenWebServer, WebServer } from '../../src/ports/web-server.ts';
import { ClientLimits } from '../../src/serving/port/client-limits.ts';
import { openPort } from '../support/open-port.ts';
import {
  everything,
  exchange,
  parseResponse,
  type RawResponse,
  rawConnection,
  rawRequest,
  rawUpgrade,
} from '../support/raw-http.ts';

const HEAD_MS = 1_000;
const BODY_MS = 1_000;
/** Below the idle time of any server, above the bounds with a busy machine's delays. */
const WAIT_MS = 9_000;
const DRIP_MS = 100;
/** In which a server notices that a connection is closed. */
const GONE_MS = 200;

async function open(t: Test, openWebServer: OpenWebServer, limits?: ClientLimits): Promise<WebServer> {
  const server = await openWebServer({
    port: 0,
    host: '127.0.0.1',
    headMs: HEAD_MS,
    bodyMs: BODY_MS,
    handler: openPort({
      http: ({ body }) => ({ status: 200, headers: {}, body: `got ${body}` }),
      sockets: { path: '/ws', session: () => ({ opened: () => {}, message: () => {}, closed: () => {} }) },
      ...(limits === undefined ? {} : { limits }),
    }),
  });
  t.teardown(() => server.close(100));
  return server;
}

/** Sends a byte now and then, as a client does that wants to keep a connection busy. Resolves when it is closed. */
async function drip(socket: Socket, text: string): Promise<{ readonly text: string; readonly ms: number }> {
  const startMs = performance.now();
  const timer = setInterval(() => socket.write(text), DRIP_MS);
  const received = await everything(socket, WAIT_MS + 1_000);
  clearInterval(timer);
  return { text: received, ms: performance.now() - startMs };
}

async function testSlow(t: Test, openWebServer: OpenWebServer): Promise<void> {
  const { port } = await open(t, openWebServer);
  const start = async (head: string): Promise<Socket> => {
    const socket = await rawConnection(port);
    socket.write(head);
    return socket;
  };
  const post = 'POST /x HTTP/1.1\r\nHost: localhost\r\n';
  const [head, silent, body, chunked] = await Promise.all([
    start('GET / HTTP/1.1\r\nHost: localhost\r\n').then((socket) => drip(socket, 'x: y\r\n')),
    start('').then((socket) => drip(socket, '')),
    start(`${post}Content-Length: 60000\r\n\r\n`).then((socket) => drip(socket, 'a')),
    start(`${post}Transfer-Encoding: chunked\r\n\r\n`).then((socket) => drip(socket, '1\r\na\r\n')),
  ]);
  for (const [name, { text, ms }] of Object.entries({ head, silent, body, chunked })) {
    t.ok(ms < WAIT_MS, `${name}: closed after ${Math.round(ms)} ms`);
    t.ok(text === '' || parseResponse(text).status === 408, `${name}: ${text.slice(0, 20)}`);
  }
  t.equal(parseResponse(body.text).status, 408);
  t.equal(parseResponse(body.text).headers.get('x-content-type-options'), 'nosniff');
  t.equal((await exchange(port, rawRequest('GET', '/'))).status, 200);
}

async function testConnections(t: Test, openWebServer: OpenWebServer): Promise<void> {
  const limits = new ClientLimits({ requestsPerSecond: 10_000, connectionsPerAddress: 4 });
  const { port } = await open(t, openWebServer, limits);
  const client = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  await new Promise((resolve) => client.once('open', resolve));
  const others = await Promise.all([1, 2, 3].map(() => rawConnection(port)));
  const refused = await exchange(port, rawRequest('GET', '/'));
  t.equal(refused.status, 429);
  t.equal(refused.headers.get('retry-after'), '1');
  t.match(refused.body, 'CONNECTIONS_TOO_MANY');
  t.equal((await exchange(port, rawUpgrade('/ws'))).status, 429);
  others[0]?.destroy();
  others[1]?.resetAndDestroy();
  others[2]?.write(rawRequest('GET', '/'));
  client.terminate();
  const isFree = async (): Promise<boolean> => (await exchange(port, rawRequest('GET', '/'))).status === 200;
  let free = await isFree();
  for (let i = 0; !free && i < 100; i++) free = await isFree();
  t.ok(free, 'a connection that is closed frees its place');
  const again = await Promise.all([1, 2, 3].map(() => rawConnection(port)));
  t.ok(await isFree(), 'all of them are free');
  for (const socket of again) socket.destroy();
}

async function testRequests(t: Test, openWebServer: OpenWebServer): Promise<void> {
  let nowMs = 0;
  const limits = new ClientLimits({ requestsPerSecond: 3, connectionsPerAddress: 9, nowMs: () => nowMs });
  const { port } = await open(t, openWebServer, limits);
  for (const target of ['/', '//', '/x']) await exchange(port, rawRequest('GET', target));
  const busy = await exchange(port, rawRequest('GET', '/'));
  t.equal(busy.status, 429);
  t.equal(busy.headers.get('retry-after'), '1');
  t.equal((await exchange(port, rawRequest('GET', '//'))).status, 429, 'malformed ones count');
  t.equal((await exchange(port, rawUpgrade('/ws'))).status, 429, 'upgrades count');
  t.equal((await exchange(port, rawRequest('GET', '/livez'))).status, 200, 'a probe is answered');
  nowMs = 400;
  t.equal((await exchange(port, rawRequest('GET', '/'))).status, 200);
}

/** Connections that end in every way that one can: the native server must not touch one that is gone. */
async function testChurn(t: Test, openWebServer: OpenWebServer): Promise<void> {
  const { port } = await open(t, openWebServer);
  const requests = [
    rawRequest('GET', '/'),
    'GET / HTTP/1.0\r\nHost: localhost\r\n\r\n',
    'GET / HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(4),
    'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: CLOSE\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nab',
    'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 70000\r\n\r\nab',
    'GET // HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
    rawUpgrade('/ws'),
    rawUpgrade('//'),
    `${rawUpgrade('/ws')}\u0088\u0080\u0000\u0000\u0000\u0000`,
  ];
  for (let round = 0; round < 40; round++) {
    await Promise.all(
      requests.map(async (request, i) => {
        const socket = await rawConnection(port);
        socket.write(request, 'latin1');
        if ((round + i) % 4 > 0) await new Promise((resolve) => setTimeout(resolve, (round + i) % 4));
        if ((round + i) % 2 === 0) socket.resetAndDestroy();
        else socket.destroy();
      }),
    );
  }
  await new Promise((resolve) => setTimeout(resolve, 3 * HEAD_MS)); // deadlines of what is gone
  t.equal((await exchange(port, rawRequest('GET', '/'))).status, 200);
}

const FRAMES = {
  'messages of one byte': [0x81, 0x81, 0, 0, 0, 0, 0x78],
  'empty pings': [0x89, 0x80, 0, 0, 0, 0],
  'empty pongs': [0x8a, 0x80, 0, 0, 0, 0],
} as const;
/** Far more than any bound of frames. */
const FLOOD_FRAMES = 5_000;

/** Whatever they are and whether or not it reads the answers: each frame costs the process some work. */
async function testFrames(t: Test, openWebServer: OpenWebServer): Promise<void> {
  const { port } = await open(t, openWebServer);
  for (const [kind, bytes] of Object.entries(FRAMES)) {
    const socket = await rawConnection(port);
    socket.write(rawUpgrade('/ws'));
    await new Promise((resolve) => socket.once('data', resolve));
    const closed = new Promise((resolve) => socket.once('close', () => resolve('closed')));
    socket.write(Buffer.concat(Array.from({ length: FLOOD_FRAMES }, () => Buffer.from(bytes))));
    socket.setTimeout(WAIT_MS, () => socket.destroy(new Error('not closed')));
    socket.once('error', (error) => t.notMatch(error.message, /not closed/, kind));
    t.equal(await closed, 'closed', kind);
  }
  const calm = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  await new Promise((resolve) => calm.once('open', resolve));
  for (let i = 0; i < 50; i++) calm.ping();
  const pongs = new Promise((resolve) => calm.once('pong', resolve));
  await pongs;
  t.equal(calm.readyState, calm.OPEN, 'some at once are allowed');
  calm.terminate();
}

/** A route that takes a large body gets it as bytes, up to its own bound, however it is sent. */
async function testLargeBodies(t: Test, openWebServer: OpenWebServer): Promise<void> {
  const bytesMax = 1_000_000;
  const server = await openWebServer({
    port: 0,
    host: '127.0.0.1',
    handler: openPort({
      http: ({ body, bytes }) => ({ status: 200, headers: {}, body: `${bytes.length} ${body.length}` }),
      largeBody: ({ path }) => (path === '/large' ? bytesMax : null),
      sockets: { path: '/ws', session: () => ({ opened: () => {}, message: () => {}, closed: () => {} }) },
    }),
  });
  t.teardown(() => server.close(100));
  const post = (path: string, framing: string, body: string): Promise<RawResponse> =>
    exchange(server.port, rawRequest('POST', path, [framing]) + body);
  const whole = (path: string, bytes: number): Promise<RawResponse> =>
    post(path, `Content-Length: ${bytes}`, 'a'.repeat(bytes));
  const chunked = (path: string, bytes: number): Promise<RawResponse> =>
    post(path, 'Transfer-Encoding: chunked', `${bytes.toString(16)}\r\n${'a'.repeat(bytes)}\r\n0\r\n\r\n`);
  for (const send of [whole, chunked]) {
    t.match(await send('/large', bytesMax), { status: 200, body: `${bytesMax} 0` });
    t.match(await send('/large', 1), { status: 200, body: '1 0' });
    t.match(await send('/small', 10), { status: 200, body: '10 10' });
    // A client that still sends when the connection is closed may not read the answer.
    for (const { status } of [await send('/large', bytesMax + 1), await send('/small', 100_000)])
      t.ok([413, 0].includes(status), String(status));
  }
  t.match(await post('/large', `Content-Length: ${bytesMax + 1}`, ''), { status: 413 });
}

/** What a request holds counts until there is an answer, whether or not its client waits. */
async function testGoneClients(t: Test, openWebServer: OpenWebServer): Promise<void> {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const server = await openWebServer({
    port: 0,
    host: '127.0.0.1',
    handler: openPort({
      async http({ path, received }) {
        if (path !== '/begun') return { status: 200, headers: {}, body: '' };
        t.equal(received(HTTP_BODIES_BYTES_MAX - 1), null);
        begin();
        await released;
        return { status: 200, headers: {}, body: '' };
      },
      largeBody: () => 1_000,
      sockets: { path: '/ws', session: () => ({ opened: () => {}, message: () => {}, closed: () => {} }) },
    }),
  });
  t.teardown(() => server.close(100));
  const post = async (): Promise<number> =>
    (await exchange(server.port, `${rawRequest('POST', '/large', ['Content-Length: 2'])}ab`)).status;
  const socket = await rawConnection(server.port);
  socket.write(`${rawRequest('POST', '/begun', ['Content-Length: 1'])}a`);
  await begun;
  socket.destroy();
  await sleep(GONE_MS);
  t.equal(await post(), 429, 'the request is still under way');
  release();
  while ((await post()) !== 200);
}

/** Runs the tests of limits against one adapter. */
export async function testWebServerLimits(t: Test, openWebServer: OpenWebServer): Promise<void> {
  await t.test('slow heads and bodies', (t) => testSlow(t, openWebServer));
  await t.test('connections of an address', (t) => testConnections(t, openWebServer));
  await t.test('requests per second', (t) => testRequests(t, openWebServer));
  await t.test('frames of a WebSocket', (t) => testFrames(t, openWebServer));
  await t.test('large bodies', (t) => testLargeBodies(t, openWebServer));
  await t.test('clients that are gone', (t) => testGoneClients(t, openWebServer));
  await t.test('connections that break', (t) => testChurn(t, openWebServer));
}
