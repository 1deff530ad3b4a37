// The window of all events, declared (control path).
import { defineWindow } from '../define-window.ts';
import type { WindowSpec } from '../window.ts';
import { elapsedSeconds } from './elapsed-seconds.ts';
import { UnitState, type UnitClock } from './unit-state.ts';

/** All time is one unit. */
const always: UnitClock = {
  unitOf: () => 0,
  secondsOf: (_unit, firstMs, timeMs) => elapsedSeconds(firstMs, timeMs),
  beginningsIn: () => 0,
  mostMs: Number.POSITIVE_INFINITY,
};

const lifetimes: (parameters: object) => WindowSpec = defineWindow({
  name: 'lifetime',
  byPredicate: false,
  memoryMs: () => Number.POSITIVE_INFINITY,
  open: (windows, context) =>
    windows.map((window) => new UnitState(window, context, { clock: always, back: 0 })),
});

/**
 * All events of the key as of the event, from its first one on. The state of a key is kept forever, so that the store grows
 * with the number of keys; where it is lost, the topic, or the archive, is read from its beginning. A late event sees what is
 * at most an eighth of the allowed lateness later, a quarter of an hour or a 128th of it at most. `rate` is that since the
 * first event.
 */
export function lifetime(): WindowSpec {
  return lifetimes({});
}
