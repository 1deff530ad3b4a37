/** TCP ports on the loopback address. Control path. */
import { createServer } from 'node:net';

/**
 * Below Linux's ephemeral range (32768 and up): a client that keeps reconnecting to a killed server on an
 * ephemeral port can be given that very port as its own, connect to itself, and so keep the server from
 * coming back.
 */
const PORT_MIN = 20_000;
const PORT_COUNT = 12_000;
const TRIES_MAX = 200;

/** True when a server could listen on this port of 127.0.0.1 now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** `preferred` where it is free, else a random free port. */
export async function pickPort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await isPortFree(preferred))) return preferred;
  for (let i = 0; i < TRIES_MAX; i++) {
    const port = PORT_MIN + Math.floor(Math.random() * PORT_COUNT);
    if (await isPortFree(port)) return port;
  }
  throw new Error(
    `no free TCP port found on 127.0.0.1 in ${PORT_MIN}-${PORT_MIN + PORT_COUNT} after ${TRIES_MAX} tries`,
  );
}
