// Floods within bounds: more connections and more requests than one address may have. The address is turned away, and other
// clients notice nothing.
import type { Socket } from 'node:net';
import { CONNECTIONS_PER_ADDRESS, REQUESTS_PER_SECOND } from '../../../src/core/port-limits.ts';
import { everything, rawConnection, rawRequest } from '../../support/raw-http.ts';
import type { Attack } from '../attack.ts';
import type { Target } from '../target.ts';

const TOO_MANY = 64;
const AT_ONCE = 64;
const ANSWER_MS = 5_000;

async function connections(target: Target): Promise<void> {
  const open: Socket[] = [];
  for (let i = 0; i < CONNECTIONS_PER_ADDRESS + TOO_MANY; i += AT_ONCE) {
    const more = Array.from({ length: AT_ONCE }, () =>
      rawConnection(target.port, target.from).catch(() => null),
    );
    for (const socket of await Promise.all(more)) if (socket !== null) open.push(socket);
  }
  target.tries('connections of a flood', open.length);
  const over = await target.request({ method: 'GET', target: '/livez' });
  if (over.status !== 429) target.found('wrong', `a connection over the limit is answered ${over.status}`);
  for (const socket of open) socket.destroy();
}

/** Requests in one write on each of some connections. */
async function requests(target: Target): Promise<void> {
  const each = Math.ceil((2 * REQUESTS_PER_SECOND) / AT_ONCE);
  const one = 'GET /api/state HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
  const texts = await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      const socket = await rawConnection(target.port, target.from);
      socket.write(one.repeat(each) + rawRequest('GET', '/api/state'));
      return everything(socket, ANSWER_MS);
    }),
  );
  const counts = new Map<string, number>();
  for (const [, status = ''] of texts.join('').matchAll(/HTTP\/1\.1 (\d{3}) /g))
    counts.set(status, (counts.get(status) ?? 0) + 1);
  target.tries('requests of a flood', AT_ONCE * (each + 1));
  for (const status of counts.keys())
    if (status !== '401' && status !== '429')
      target.found('wrong', `a flood of requests is answered ${status}`);
}

export const floods: Attack = {
  name: 'floods',
  async play(target) {
    await requests(target);
    await connections(target);
  },
};
