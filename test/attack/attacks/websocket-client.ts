// WebSocket clients by raw sockets: they send any frame at any time, and read or do not.
import type { Socket } from 'node:net';
import { rawConnection, rawUpgrade } from '../../support/raw-http.ts';
import type { Target } from '../target.ts';
import { textFrame } from './websocket-grammar.ts';

const HANDSHAKE_MS_MAX = 30_000;

/** A client with the key of a subscriber, after its handshake: RFC 6455 lets it send nothing before. */
export async function connectSubscriber(target: Target): Promise<Socket> {
  const socket = await rawConnection(target.port, target.from);
  socket.write(rawUpgrade('/ws', [`Authorization: Bearer ${target.credential('subscriber')}`]));
  await answered(socket);
  return socket;
}

/** Resolves when the first bytes have come, or the connection is closed. */
export async function answered(socket: Socket): Promise<void> {
  const late = setTimeout(() => socket.destroy(), HANDSHAKE_MS_MAX);
  await new Promise<void>((resolve) => {
    socket.once('data', () => resolve());
    socket.once('close', () => resolve());
  });
  clearTimeout(late);
}

/** Asks for all predictions from the first ones on. */
export function resumeFromTheStart(target: Target, socket: Socket): void {
  socket.write(textFrame(JSON.stringify({ subscribe: target.name, after: target.traffic.firstIds })));
}
