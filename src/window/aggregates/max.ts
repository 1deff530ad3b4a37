// The greatest value of a column.
import type { NumberAggregate } from '../aggregate.ts';
import { defineAggregate } from '../define-aggregate.ts';

/** Greatest value, which may be infinite; NaN in an empty window. */
export const max: NumberAggregate = defineAggregate({
  name: 'max',
  input: 'number',
  width: 1,
  clear: (slab, at) => {
    slab[at] = Number.NaN; // not an infinity, which is a value
  },
  add: (slab, at, value) => {
    const greatest = slab[at] as number;
    if (value > greatest || Number.isNaN(greatest)) slab[at] = value;
  },
  merge: (to, a, from, b) => {
    const greatest = to[a] as number;
    if ((from[b] as number) > greatest || Number.isNaN(greatest)) to[a] = from[b] as number;
  },
  read: (slab, at) => slab[at] as number,
});
