// The sum of a column.
import type { NumberAggregate } from '../aggregate.ts';
import { defineAggregate } from '../define-aggregate.ts';

/** Sum of the values that are not null; 0 in an empty window, NaN if both infinities are in it. */
export const sum: NumberAggregate = defineAggregate({
  name: 'sum',
  input: 'number',
  width: 1,
  add: (slab, at, value) => {
    slab[at] = (slab[at] as number) + value;
  },
  merge: (to, a, from, b) => {
    to[a] = (to[a] as number) + (from[b] as number);
  },
  read: (slab, at) => slab[at] as number,
});
