// When events are meant to be sent, and to whom (control path). Engine and bare loop take turns, a second each, in the
// same processes, so that whatever else the machine does meets both alike.
import { setTimeout as sleep } from 'node:timers/promises';
import { nowMicros } from './clock.ts';

export interface Schedule {
  /** Events a second. */
  readonly rate: number;
  /** Seconds of each of the two. */
  readonly seconds: number;
  /** Seconds of each before that, which do not count. */
  readonly warmUpSeconds: number;
}

export interface Send {
  readonly to: 'engine' | 'bare';
  /** When each was meant to be sent: an event is named by it. Empty: nothing is due yet. */
  readonly ids: readonly string[];
}

const MICROS_PER_SECOND = 1_000_000;
const TICK_MS = 1;
/** Before the name of an event that does not count. */
export const WARM_UP = 'w';

/**
 * Sends what is due every millisecond. One that is sent late keeps its intended time as its name, so that waiting
 * counts as latency (no coordinated omission).
 * @returns events sent that count, of each
 */
export async function keepSchedule(
  { rate, seconds, warmUpSeconds }: Schedule,
  send: (what: Send) => Promise<void>,
): Promise<Record<Send['to'], number>> {
  const gap = MICROS_PER_SECOND / rate;
  const startMicros = nowMicros() + gap;
  const total = 2 * rate * (seconds + warmUpSeconds);
  const warmUp = 2 * rate * warmUpSeconds;
  const counts = { engine: 0, bare: 0 };
  let sent = 0;
  while (sent < total) {
    const due = Math.min(total, Math.floor((nowMicros() - startMicros) / gap) + 1);
    while (sent < due) {
      // One turn's events at most: the next ones go to the other.
      const turn = Math.floor(sent / rate);
      const end = Math.min(due, (turn + 1) * rate);
      const ids: string[] = [];
      const to = turn % 2 === 0 ? 'engine' : 'bare';
      for (; sent < end; sent++) {
        const id = String(Math.round(startMicros + sent * gap));
        ids.push(sent < warmUp ? WARM_UP + id : id);
        if (sent >= warmUp) counts[to] += 1;
      }
      await send({ to, ids });
    }
    await sleep(TICK_MS);
  }
  return counts;
}
