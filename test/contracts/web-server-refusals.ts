/** Refused requests with bodies, on every web server adapter: a client that still sends reads what is wrong. */
import type { Test } from 'tap';
import { DROPPED_BODY_BYTES_MAX } from '../../src/core/port-limits.ts';
import type { OpenWebServer } from '../../src/ports/web-server.ts';
import { reply } from '../../src/serving/response.ts';
import { openPort } from '../support/open-port.ts';
import { exchange, rawConnection, rawRequest } from '../support/raw-http.ts';
import { sendThenRead, type SentWhole } from '../support/send-then-read.ts';

/** More than the buffers of a connection hold. */
const BODY_BYTES = 12_000_000;
const LARGE_BYTES_MAX = 8_000_000;

const REFUSALS: ReadonlyArray<readonly [what: string, status: number, code: string, sent: SentWhole]> = [
  ['a large body', 413, 'BODY_TOO_LARGE', { path: '/large' }],
  ['a body where small ones are taken', 413, 'BODY_TOO_LARGE', { path: '/small' }],
  ['a sender without a credential', 401, 'UNAUTHENTICATED', { path: '/secret' }],
  ['a credential in the URL', 400, 'CREDENTIAL_IN_URL', { path: '/large?access_token=x' }],
  ['a malformed target', 400, 'REQUEST_MALFORMED', { path: '//' }],
  ['a page of another origin', 403, 'ORIGIN_REFUSED', { path: '/large', headers: ['Origin: http://other'] }],
  ['another host', 403, 'HOST_REFUSED', { path: '/large', host: 'other' }],
];

export async function testWebServerRefusals(t: Test, openWebServer: OpenWebServer): Promise<void> {
  const server = await openWebServer({
    port: 0,
    host: '127.0.0.1',
    handler: openPort({
      http: ({ bytes }) => ({ status: 200, headers: {}, body: String(bytes.length) }),
      largeBody: ({ path }) => {
        if (path === '/secret') return reply.error(401, 'UNAUTHENTICATED', 'who', 'Say it.');
        return path === '/large' ? LARGE_BYTES_MAX : null;
      },
      sockets: { path: '/ws', session: () => ({ opened: () => {}, message: () => {}, closed: () => {} }) },
    }),
  });
  t.teardown(() => server.close(100));
  const body = Buffer.alloc(BODY_BYTES, 'a');
  for (const [what, status, code, sent] of REFUSALS)
    for (const isChunked of [false, true]) {
      const socket = await rawConnection(server.port);
      const closed = new Promise((resolve) => socket.once('close', () => resolve('closed')));
      const response = await sendThenRead(socket, body, { ...sent, isChunked });
      const name = `${what}${isChunked ? ', in chunks' : ''}`;
      t.match(response, { status, body: code }, name);
      t.equal(await closed, 'closed', `${name}: the connection ends`);
    }
  const socket = await rawConnection(server.port);
  t.match(await sendThenRead(socket, body.subarray(0, 4_000_000), { path: '/large' }), {
    status: 200,
    body: '4000000',
  });
  socket.destroy();

  const announced = `Content-Length: ${BODY_BYTES + LARGE_BYTES_MAX + DROPPED_BODY_BYTES_MAX}`;
  t.match(
    await exchange(server.port, rawRequest('POST', '/large', [announced])),
    { status: 413 },
    'nothing of it is read',
  );
  const endless = await rawConnection(server.port);
  const ended = new Promise((resolve) => endless.once('close', () => resolve('closed')));
  endless.write(rawRequest('POST', '/large', ['Transfer-Encoding: chunked']));
  const write = (): void => {
    while (
      !endless.destroyed &&
      endless.write(
        Buffer.concat([Buffer.from('f4240\r\n'), body.subarray(0, 1_000_000), Buffer.from('\r\n')]),
      )
    );
    if (!endless.destroyed) endless.once('drain', write);
  };
  write();
  t.equal(await ended, 'closed', 'a body without an end is not read for ever');
}
