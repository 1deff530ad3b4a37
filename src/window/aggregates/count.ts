// The number of events. `rate` shares its accumulator.
import type { Accumulator, EventAggregate } from '../aggregate.ts';
import { defineAggregate } from '../define-aggregate.ts';

export const counter: Accumulator = {
  width: 1,
  add: (slab, at) => {
    slab[at] = (slab[at] as number) + 1;
  },
  merge: (to, a, from, b) => {
    to[a] = (to[a] as number) + (from[b] as number);
  },
};

/** Number of events; 0 in an empty window. */
export const count: EventAggregate = defineAggregate({
  ...counter,
  name: 'count',
  input: 'none',
  read: (slab, at) => slab[at] as number,
});
