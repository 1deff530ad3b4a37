// One connection of an attacker: writes its parts, and reads until the connection ends.
import { rawConnection } from '../../support/raw-http.ts';
import type { Target } from '../target.ts';
import { answered } from './websocket-client.ts';

/** How the client leaves: it waits for an answer and then goes, resets the connection, or ends its side. */
export type Ending = 'wait' | 'reset' | 'end';

/** Silence after which the client goes, ms: what is incomplete is not answered. */
const SILENCE_MS = 400;

/** Plays all plans, so many at a time. */
export async function playAll<T>(
  plans: T[],
  atOnce: number,
  play: (plan: T) => Promise<void>,
): Promise<void> {
  const work = async (): Promise<void> => {
    for (let plan = plans.shift(); plan !== undefined; plan = plans.shift()) await play(plan);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

/**
 * What came, as latin1 characters.
 * @param waits whether the first part must be answered before the others are sent
 */
export async function talk(
  target: Target,
  parts: readonly Buffer[],
  ending: Ending,
  waits: boolean = false,
): Promise<string> {
  const socket = await rawConnection(target.port, target.from);
  let text = '';
  socket.on('data', (data: Buffer) => (text += data.toString('latin1')));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.setTimeout(SILENCE_MS, () => socket.destroy());
  for (const [i, part] of parts.entries()) {
    socket.write(part);
    if (i === 0 && waits) await answered(socket);
    else await new Promise((resolve) => setImmediate(resolve));
  }
  if (ending === 'reset') socket.resetAndDestroy();
  if (ending === 'end') socket.end();
  await closed;
  return text;
}
