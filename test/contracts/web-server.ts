/** What every web server adapter must do. */
import type { Test } from 'tap';
import { WebSocket } from 'ws';
import { isCode } from '../../src/core/errors.ts';
import { HTTP_BODY_BYTES_MAX, SOCKET_MESSAGE_BYTES_MAX } from '../../src/core/port-limits.ts';
import type {
  HttpRequest,
  HttpResponse,
  OpenWebServer,
  PortHandler,
  ServerSocket,
  WebServer,
} from '../../src/ports/web-server.ts';
import { openPort } from '../support/open-port.ts';

/** A request that takes 150 ms ends within it, on whatever machine. */
const GRACE_MS = 3_000;
/** Beyond the grace: less than a library would wait for a client that does not answer. */
const CLOSED_MS_MAX = GRACE_MS + 10_000;
const WAIT_MS_MAX = 60_000;
const POLL_MS = 10;
const utf8 = new TextEncoder();

interface Seen {
  readonly requests: HttpRequest[];
  readonly sockets: ServerSocket[];
  readonly queries: URLSearchParams[];
  readonly messages: string[];
  readonly closes: number[];
}

async function until(holds: () => boolean, what: string): Promise<void> {
  for (let i = 0; !holds(); i++) {
    if (i === WAIT_MS_MAX / POLL_MS) throw new Error(`timed out waiting until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function reply(request: HttpRequest): Promise<HttpResponse> {
  if (request.path === '/throws') throw new Error('a broken handler');
  if (request.path === '/same') return { status: 304, headers: { etag: '"a"' }, body: 'unseen' };
  if (request.path === '/late') await new Promise((resolve) => setTimeout(resolve, 150));
  const body = request.path === '/bytes' ? Uint8Array.from([0xff, 0, 0xfe]) : `ü ${request.method}`;
  return { status: 201, headers: { 'content-type': 'text/plain', 'x-own': 'yes' }, body };
}

function handlerOf(seen: Seen): PortHandler {
  return openPort({
    http: (request) => {
      seen.requests.push(request);
      return reply(request);
    },
    sockets: {
      path: '/ws',
      session: ({ query }) => ({
        opened: (socket) => {
          seen.sockets.push(socket);
          seen.queries.push(query);
        },
        message: (_socket, text) => void seen.messages.push(text),
        closed: (_socket, code) => void seen.closes.push(code),
      }),
    },
  });
}

function nothingSeen(): Seen {
  return { requests: [], sockets: [], queries: [], messages: [], closes: [] };
}

async function open(openWebServer: OpenWebServer): Promise<{ server: WebServer; seen: Seen; base: string }> {
  const seen = nothingSeen();
  const server = await openWebServer({ port: 0, host: '127.0.0.1', handler: handlerOf(seen) });
  return { server, seen, base: `127.0.0.1:${server.port}` };
}

async function connect(url: string): Promise<WebSocket> {
  const client = new WebSocket(url);
  await new Promise<void>((resolve, reject) => {
    client.once('open', resolve);
    client.once('error', reject);
  });
  return client;
}

function closeCode(client: WebSocket): Promise<number> {
  return new Promise((resolve) => client.once('close', resolve));
}

async function testHttp(t: Test, openWebServer: OpenWebServer): Promise<void> {
  const { server, seen, base } = await open(openWebServer);
  t.teardown(() => server.close(GRACE_MS));
  const answer = await fetch(`http://${base}/a%20b/c?x=1&y=%26`, { headers: { 'X-Sent': 'Väl' } });
  t.equal(answer.status, 201);
  t.equal(answer.headers.get('x-own'), 'yes');
  t.equal(await answer.text(), 'ü GET');
  t.equal(seen.requests[0]?.path, '/a%20b/c');
  t.equal(seen.requests[0]?.query.get('y'), '&');
  t.ok(seen.requests[0]?.headers.has('x-sent'), 'header names are lower case');

  await fetch(`http://${base}/post`, { method: 'POST', body: 'größer' });
  t.match(seen.requests[1], { method: 'POST', body: 'größer' });
  const bytes = await fetch(`http://${base}/bytes`);
  t.same([...new Uint8Array(await bytes.arrayBuffer())], [0xff, 0, 0xfe]);
  const head = await fetch(`http://${base}/head`, { method: 'HEAD' });
  t.equal(head.headers.get('content-length'), '6', 'HEAD reports the length of the GET response');
  t.equal((await fetch(`http://${base}/throws`)).status, 500);
  const same = await fetch(`http://${base}/same`);
  t.equal(same.status, 304);
  t.equal(await same.text(), '');
  const large = await fetch(`http://${base}/post`, {
    method: 'POST',
    body: 'x'.repeat(HTTP_BODY_BYTES_MAX + 1),
  });
  t.equal(large.status, 413);
  t.equal(
    seen.requests.filter(({ path }) => path === '/post').length,
    1,
    'the handler saw no oversized body',
  );
}

async function testSockets(t: Test, openWebServer: OpenWebServer): Promise<void> {
  const { server, seen, base } = await open(openWebServer);
  t.teardown(() => server.close(GRACE_MS));
  const client = await connect(`ws://${base}/ws?topology=a%20b`);
  await until(() => seen.sockets.length === 1, 'the socket is opened');
  t.equal(seen.queries[0]?.get('topology'), 'a b');
  client.send('hällo');
  await until(() => seen.messages.length === 1, 'the message comes');
  t.equal(seen.messages[0], 'hällo');
  const received = new Promise<string>((resolve) => {
    client.once('message', (data: Buffer, binary) => resolve(`${binary} ${data.toString()}`));
  });
  seen.sockets[0]?.send(utf8.encode('für dich'));
  t.equal(await received, 'false für dich', 'a text message, not a binary one');

  const closed = closeCode(client);
  seen.sockets[0]?.close(4008, 'too slow');
  t.equal(await closed, 4008);
  await until(() => seen.closes.length === 1, 'the close handler is called');
  t.equal(seen.sockets[0]?.open, false);
  seen.sockets[0]?.send(utf8.encode('absent'));
  seen.sockets[0]?.close(1000, 'again');
  t.equal(seen.sockets[0]?.bufferedBytes, 0);

  const loud = await connect(`ws://${base}/ws`);
  const cut = closeCode(loud);
  loud.on('error', () => {});
  loud.send('x'.repeat(SOCKET_MESSAGE_BYTES_MAX + 1));
  t.not(await cut, 1000, 'an oversized message ends the connection');
  t.equal(seen.messages.length, 1);

  const left = await connect(`ws://${base}/ws`);
  left.terminate();
  await until(() => seen.closes.length === 3, 'each opened socket is closed once');
  await t.rejects(connect(`ws://${base}/elsewhere`), 'no socket at another path');
}

async function testBackPressure(t: Test, openWebServer: OpenWebServer): Promise<void> {
  const { server, seen, base } = await open(openWebServer);
  t.teardown(() => server.close(GRACE_MS));
  const client = await connect(`ws://${base}/ws`);
  await until(() => seen.sockets.length === 1, 'the socket is opened');
  const [socket] = seen.sockets;
  client.pause();
  const frame = new Uint8Array(65_536).fill(0x61);
  const waiting = (): number => socket?.bufferedBytes ?? 0;
  let sent = 0;
  // The kernel takes some megabytes before anything waits here.
  for (; waiting() < 1_000_000 && sent < 2_000; sent++) {
    socket?.send(frame);
    if (sent % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  t.ok(waiting() >= 1_000_000, 'a client that does not read shows in bufferedBytes');
  let received = 0;
  client.on('message', () => received++);
  client.resume();
  await until(() => received === sent, 'every frame comes');
  await until(() => waiting() === 0, 'the buffer drains');
  t.equal(received, sent, 'nothing was dropped');
}

async function testClose(t: Test, openWebServer: OpenWebServer): Promise<void> {
  const { server, seen, base } = await open(openWebServer);
  const client = await connect(`ws://${base}/ws`);
  const deaf = await connect(`ws://${base}/ws`);
  deaf.pause();
  const code = closeCode(client);
  const late = fetch(`http://${base}/late`);
  await until(() => seen.requests.length === 1 && seen.sockets.length === 2, 'the request is under way');
  const startMs = performance.now();
  await server.close(GRACE_MS);
  t.ok(performance.now() - startMs < CLOSED_MS_MAX, 'within the bound, though one client does not read');
  t.equal((await late).status, 201, 'a request under way is answered');
  t.equal(await code, 1001);
  await t.rejects(fetch(`http://${base}/`), 'no longer listening');
  deaf.terminate();
}

async function testPortInUse(t: Test, openWebServer: OpenWebServer): Promise<void> {
  const { server } = await open(openWebServer);
  t.teardown(() => server.close(GRACE_MS));
  const handler = handlerOf(nothingSeen());
  const second = openWebServer({ port: server.port, host: '127.0.0.1', handler });
  const error = await second.then(
    () => null,
    (reason: unknown) => reason,
  );
  t.ok(isCode(error, 'PORT_UNAVAILABLE'));
}

/** Runs the suite against one adapter. */
export async function testWebServer(t: Test, openWebServer: OpenWebServer): Promise<void> {
  await t.test('HTTP requests and answers', (t) => testHttp(t, openWebServer));
  await t.test('WebSockets: query, messages, close codes, limits', (t) => testSockets(t, openWebServer));
  await t.test('a slow client is seen, and nothing is lost', (t) => testBackPressure(t, openWebServer));
  await t.test('closing is graceful and bounded', (t) => testClose(t, openWebServer));
  await t.test('a port in use is reported', (t) => testPortInUse(t, openWebServer));
}
