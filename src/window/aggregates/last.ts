// The latest value of a column: two slots, the value and its event time.
import type { NumberAggregate } from '../aggregate.ts';
import { defineAggregate } from '../define-aggregate.ts';

/** Value of the latest event by event time (the later offset where times are equal); NaN in an empty window. */
export const last: NumberAggregate = defineAggregate({
  name: 'last',
  input: 'number',
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
  read: (slab, at) => slab[at] as number,
});
