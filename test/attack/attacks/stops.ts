// Clients that hold connections open in every state while the engine is asked to stop: it ends in time and with 0, and starts
// again where it was.
import { setTimeout as sleep } from 'node:timers/promises';
import { rawConnection, rawUpgrade } from '../../support/raw-http.ts';
import type { Attack } from '../attack.ts';
import { connectSubscriber, resumeFromTheStart } from './websocket-client.ts';

const EACH = 6;
const SETTLE_MS = 200;

const starts = [
  '',
  'GET',
  'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n',
  'POST /api/models/promote HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{',
  rawUpgrade('/nothing'),
  rawUpgrade('/ws'),
  rawUpgrade('//'),
] as const;

export const stops: Attack = {
  name: 'stops',
  async play(target) {
    const sockets = await Promise.all(
      starts.flatMap((start) =>
        Array.from({ length: EACH }, async () => {
          const socket = await rawConnection(target.port, target.from);
          socket.resume();
          socket.write(start);
          return socket;
        }),
      ),
    );
    const subscriber = await connectSubscriber(target);
    subscriber.pause();
    resumeFromTheStart(target, subscriber);
    target.tries('connections left open', sockets.length + 1);
    await sleep(SETTLE_MS);
    await target.restart();
    for (const socket of [...sockets, subscriber]) socket.destroy();
  },
};
