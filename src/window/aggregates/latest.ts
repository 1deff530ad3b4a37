// The earliest and the latest value: two slots, the value and its event time. Of equal times the earliest is the one with
// the lower offset, the latest the one with the higher.
import type { Accumulator } from '../aggregate.ts';

export const earliest: Accumulator = {
  width: 2,
  clear: (slab, at) => {
    slab[at] = Number.NaN;
    slab[at + 1] = Number.POSITIVE_INFINITY;
  },
  add: (slab, at, value, timeMs) => {
    if (timeMs >= (slab[at + 1] as number)) return;
    slab[at] = value;
    slab[at + 1] = timeMs;
  },
  merge: (to, a, from, b) => {
    if ((from[b + 1] as number) >= (to[a + 1] as number)) return;
    to[a] = from[b] as number;
    to[a + 1] = from[b + 1] as number;
  },
};

export const latest: Accumulator = {
  width: 2,
  clear: (slab, at) => {
    slab[at] = Number.NaN;
    slab[at + 1] = Number.NEGATIVE_INFINITY;
  },
  add: (slab, at, value, timeMs) => {
    if (timeMs < (slab[at + 1] as number)) return;
    slab[at] = value;
    slab[at + 1] = timeMs;
  },
  merge: (to, a, from, b) => {
    if ((from[b + 1] as number) < (to[a + 1] as number)) return;
    to[a] = from[b] as number;
    to[a + 1] = from[b + 1] as number;
  },
};
