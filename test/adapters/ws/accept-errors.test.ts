// Connections that the system cannot accept, as when the process has no file descriptors left.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import t from 'tap';
import { openWsServer } from '../../../src/adapters/ws/web-server.ts';
import { openPort } from '../../support/open-port.ts';
import { exchange, rawRequest } from '../../support/raw-http.ts';

/** A channel of node:http, by whose messages the test gets at the server. */
const REQUEST_START = 'http.server.request.start';

await t.test('errors of a listening server do not end it', async (t) => {
  const natives = new Set<Server>();
  const started = (message: unknown): void =>
    void natives.add((message as { readonly server: Server }).server);
  subscribe(REQUEST_START, started);
  t.teardown(() => unsubscribe(REQUEST_START, started));
  const server = await openWsServer({
    port: 0,
    host: '127.0.0.1',
    handler: openPort({
      http: () => ({ status: 200, headers: {}, body: '' }),
      sockets: { path: '/ws', session: () => ({ opened: () => {}, message: () => {}, closed: () => {} }) },
    }),
  });
  t.teardown(() => server.close(100));
  const get = async (): Promise<number> => (await exchange(server.port, rawRequest('GET', '/'))).status;
  t.equal(await get(), 200);
  t.equal(natives.size, 1);
  for (const native of natives) for (let i = 0; i < 3; i++) native.emit('error', new Error('accept EMFILE'));
  t.equal(await get(), 200);
});
