// Hundreds of subscribers that resume at the same time from the first ids: /livez is answered meanwhile, and each of them gets
// what it asks for.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Attack } from '../attack.ts';
import type { Target } from '../target.ts';
import { connectSubscriber, resumeFromTheStart } from './websocket-client.ts';

const AT_ONCE = 50;
/** They share the pages of the log that they read. */
const RESUME_MS_MAX = 60_000;
const POLL_MS = 50;

interface Resuming {
  readonly destroy: () => void;
  readonly isServed: () => boolean;
}

async function resume(target: Target): Promise<Resuming> {
  const socket = await connectSubscriber(target);
  let isServed = false;
  let isSubscribed = false;
  socket.on('data', (data: Buffer) => {
    const text = data.toString('latin1');
    isSubscribed ||= text.includes('"type":"subscribed"');
    isServed ||= isSubscribed && text.includes('"type":"predictions"');
  });
  resumeFromTheStart(target, socket);
  return { destroy: () => socket.destroy(), isServed: () => isServed };
}

export const resumingClients: Attack = {
  name: 'resuming clients',
  async play(target) {
    const clients: Resuming[] = [];
    for (let i = 0; i < target.resumingMax; i += AT_ONCE)
      clients.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => resume(target)))));
    target.tries('clients that resume', clients.length);
    const latestMs = performance.now() + RESUME_MS_MAX;
    const waiting = (): number => clients.filter(({ isServed }) => !isServed()).length;
    while (waiting() > 0 && performance.now() < latestMs) await sleep(POLL_MS);
    if (waiting() > 0)
      target.found('stuck', `${waiting()} of ${clients.length} clients that resume get nothing`);
    for (const client of clients) client.destroy();
  },
};
