// Clients that take their time: heads and bodies that come byte by byte, connections that say nothing, and WebSocket clients
// that send and never read. They stay while other attacks go on; the engine must let go of those that have a deadline.
import { setTimeout as sleep } from 'node:timers/promises';
import { HTTP_BODY_MS_MAX, HTTP_HEAD_MS_MAX, HTTP_IDLE_MS_MAX } from '../../../src/core/port-limits.ts';
import { rawConnection } from '../../support/raw-http.ts';
import type { Attack } from '../attack.ts';
import { NEVER_READING } from '../memory.ts';
import type { Target } from '../target.ts';
import { connectSubscriber, resumeFromTheStart } from './websocket-client.ts';
import { frame, textFrame } from './websocket-grammar.ts';

const DRIP_MS = 250;
const EACH = 8;
/** Of a busy machine. */
const TOLERANCE_MS = 20_000;
const MESSAGES_AT_ONCE = 500;

interface Slow {
  readonly kind: string;
  readonly head: string;
  /** Sent every DRIP_MS. */
  readonly drip: string;
  /** The engine closes it by then, ms. */
  readonly closedMs: number;
}

const POST = 'POST /api/models/rollback HTTP/1.1\r\nHost: 127.0.0.1\r\n';
const BODY_MS = HTTP_HEAD_MS_MAX + HTTP_BODY_MS_MAX;

const slow: readonly Slow[] = [
  { kind: 'head', head: 'GET / HTTP/1.1\r\n', drip: 'x: y\r\n', closedMs: HTTP_HEAD_MS_MAX },
  { kind: 'nothing', head: '', drip: '', closedMs: HTTP_IDLE_MS_MAX },
  { kind: 'body', head: `${POST}Content-Length: 60000\r\n\r\n`, drip: 'a', closedMs: BODY_MS },
  {
    kind: 'chunks',
    head: `${POST}Transfer-Encoding: chunked\r\n\r\n`,
    drip: '1\r\na\r\n',
    closedMs: BODY_MS,
  },
];

async function dripOne(
  target: Target,
  { kind, head, drip, closedMs }: Slow,
  patienceMs: number,
): Promise<void> {
  const socket = await rawConnection(target.port, target.from);
  socket.resume();
  socket.write(head);
  target.tries('slow clients');
  const latestMs = performance.now() + Math.min(closedMs + TOLERANCE_MS, patienceMs);
  while (!socket.destroyed && performance.now() < latestMs) {
    await sleep(DRIP_MS);
    socket.write(drip);
  }
  if (!socket.destroyed && patienceMs > closedMs + TOLERANCE_MS)
    target.found('stuck', `a slow ${kind} is not closed after ${closedMs + TOLERANCE_MS} ms`);
  socket.destroy();
}

/** Sends messages, pings or a subscription, and does not read what comes back. */
async function neverRead(
  target: Target,
  kind: 'message' | 'ping' | 'subscriber',
  patienceMs: number,
): Promise<void> {
  const socket = await connectSubscriber(target);
  socket.pause();
  const one = kind === 'ping' ? frame(Buffer.alloc(100, 0x70), { opcode: 9 }) : textFrame('x');
  const many = Buffer.concat(Array.from({ length: MESSAGES_AT_ONCE }, () => one));
  if (kind === 'subscriber') resumeFromTheStart(target, socket);
  target.tries('clients that never read');
  const latestMs = performance.now() + patienceMs;
  while (!socket.destroyed && performance.now() < latestMs) {
    if (kind !== 'subscriber' && socket.writableLength === 0) socket.write(many);
    await sleep(DRIP_MS / 10);
  }
  socket.destroy();
}

export const slowClients: Attack = {
  name: 'slow clients',
  play(target) {
    const { patienceMs } = target;
    const kinds = ['message', 'ping', 'subscriber', 'subscriber'] as const;
    const dripping = slow.flatMap((one) =>
      Array.from({ length: EACH }, () => dripOne(target, one, patienceMs)),
    );
    const silent = Array.from({ length: NEVER_READING }, (_, i) =>
      neverRead(target, kinds[i % kinds.length] ?? 'message', Math.min(patienceMs, HTTP_IDLE_MS_MAX)),
    );
    return target.meanwhile(Promise.all([...dripping, ...silent]));
  },
};
