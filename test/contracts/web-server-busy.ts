/** Back-pressure of every web server adapter: what a client sees that still sends when it is refused. */
import type { Socket } from 'node:net';
import type { Test } from 'tap';
import { HTTP_BODIES_BYTES_MAX } from '../../src/core/port-limits.ts';
import type { HttpResponse, OpenWebServer } from '../../src/ports/web-server.ts';
import { ClientLimits } from '../../src/serving/port/client-limits.ts';
import { openPort } from '../support/open-port.ts';
import { type RawResponse, rawConnection } from '../support/raw-http.ts';
import { sendThenRead } from '../support/send-then-read.ts';

/** On every web server adapter, a client that is to wait reads how long, although it is still sending, and its connection stays. */
export async function testWebServerBusy(t: Test, openWebServer: OpenWebServer): Promise<void> {
  const bytesMax = 16_000_000;
  let isEarly = false;
  class EarlyLimits extends ClientLimits {
    override busy(): HttpResponse | null {
      return isEarly ? { status: 429, headers: { 'retry-after': '7' }, body: '' } : null;
    }
  }
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const server = await openWebServer({
    port: 0,
    host: '127.0.0.1',
    handler: openPort({
      async http({ path, received }) {
        if (path !== '/holds') return { status: 200, headers: {}, body: '' };
        t.equal(received(HTTP_BODIES_BYTES_MAX - 1), null);
        begin();
        await released;
        return { status: 200, headers: {}, body: '' };
      },
      largeBody: () => bytesMax,
      limits: new EarlyLimits({ requestsPerSecond: 1_000_000, connectionsPerAddress: 100 }),
      sockets: { path: '/ws', session: () => ({ opened: () => {}, message: () => {}, closed: () => {} }) },
    }),
  });
  t.teardown(() => server.close(100));
  const body = Buffer.alloc(bytesMax, 'a');
  const connect = async (): Promise<Socket> => {
    const socket = await rawConnection(server.port);
    t.teardown(() => socket.destroy());
    return socket;
  };
  const holding = sendThenRead(await connect(), Buffer.from('a'), { path: '/holds' });
  await begun;
  const sockets = await Promise.all([1, 2, 3, 4].map(connect));
  const send = (): Promise<RawResponse[]> => Promise.all(sockets.map((socket) => sendThenRead(socket, body)));
  const statuses = (responses: readonly RawResponse[]): unknown[] =>
    responses.map(({ status, headers }) => [status, headers.get('retry-after')]);
  t.same(statuses(await send()), [
    [429, '1'],
    [429, '1'],
    [429, '1'],
    [429, '1'],
  ]);
  release();
  t.equal((await holding).status, 200);
  isEarly = true;
  t.same(statuses(await send()), [
    [429, '7'],
    [429, '7'],
    [429, '7'],
    [429, '7'],
  ]);
  isEarly = false;
  t.same(
    (await send()).map(({ status }) => status),
    [200, 200, 200, 200],
    'nothing of what was refused counts, and the connections stay',
  );
}
