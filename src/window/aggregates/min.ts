// The least value of a column.
import type { NumberAggregate } from '../aggregate.ts';
import { defineAggregate } from '../define-aggregate.ts';

/** Least value, which may be infinite; NaN in an empty window. */
export const min: NumberAggregate = defineAggregate({
  name: 'min',
  input: 'number',
  width: 1,
  clear: (slab, at) => {
    slab[at] = Number.NaN; // not an infinity, which is a value
  },
  add: (slab, at, value) => {
    const least = slab[at] as number;
    if (value < least || Number.isNaN(least)) slab[at] = value;
  },
  merge: (to, a, from, b) => {
    const least = to[a] as number;
    if ((from[b] as number) < least || Number.isNaN(least)) to[a] = from[b] as number;
  },
  read: (slab, at) => slab[at] as number,
});
