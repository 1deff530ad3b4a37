// Seconds since the event before: two slots, the two latest instants.
import { MS_PER_SECOND } from '../../core/time.ts';
import type { EventAggregate } from '../aggregate.ts';
import { defineAggregate } from '../define-aggregate.ts';

function insert(slab: Float64Array, at: number, timeMs: number): void {
  const latest = slab[at] as number;
  if (timeMs > latest) {
    slab[at] = timeMs;
    slab[at + 1] = latest;
  } else if (timeMs < latest && timeMs > (slab[at + 1] as number)) slab[at + 1] = timeMs;
}

/**
 * Seconds from the latest event before the instant of the query until that instant; NaN if there is none in the window. The
 * scored event is at that instant, so it does not count, nor do others of the same millisecond. Two instants are kept: an
 * event that comes after two later ones of its pane finds none.
 */
export const timeSinceLast: EventAggregate = defineAggregate({
  name: 'time-since-last',
  input: 'none',
  width: 2,
  clear: (slab, at) => {
    slab[at] = Number.NEGATIVE_INFINITY;
    slab[at + 1] = Number.NEGATIVE_INFINITY;
  },
  add: (slab, at, _value, timeMs) => insert(slab, at, timeMs),
  merge: (to, a, from, b) => {
    insert(to, a, from[b] as number);
    insert(to, a, from[b + 1] as number);
  },
  read: (slab, at, timeMs) => {
    const latest = slab[at] as number;
    const before = latest < timeMs ? latest : (slab[at + 1] as number);
    return before < timeMs && before !== Number.NEGATIVE_INFINITY
      ? (timeMs - before) / MS_PER_SECOND
      : Number.NaN;
  },
});
