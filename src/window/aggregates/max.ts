// The greatest value of a column.
import type { NumberAggregate } from '../aggregate.ts';
import { defineAggregate } from '../define-aggregate.ts';

/** Greatest value; NaN in an empty window. */
export const max: NumberAggregate = defineAggregate({
  name: 'max',
  input: 'number',
  width: 1,
  clear: (slab, at) => {
    slab[at] = Number.NEGATIVE_INFINITY;
  },
  add: (slab, at, value) => {
    if (value > (slab[at] as number)) slab[at] = value;
  },
  merge: (to, a, from, b) => {
    if ((from[b] as number) > (to[a] as number)) to[a] = from[b] as number;
  },
  read: (slab, at) => (Number.isFinite(slab[at]) ? (slab[at] as number) : Number.NaN),
});
