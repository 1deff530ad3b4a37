// The least value of a column.
import type { NumberAggregate } from '../aggregate.ts';
import { defineAggregate } from '../define-aggregate.ts';

/** Least value; NaN in an empty window. */
export const min: NumberAggregate = defineAggregate({
  name: 'min',
  input: 'number',
  width: 1,
  clear: (slab, at) => {
    slab[at] = Number.POSITIVE_INFINITY;
  },
  add: (slab, at, value) => {
    if (value < (slab[at] as number)) slab[at] = value;
  },
  merge: (to, a, from, b) => {
    if ((from[b] as number) < (to[a] as number)) to[a] = from[b] as number;
  },
  read: (slab, at) => (Number.isFinite(slab[at]) ? (slab[at] as number) : Number.NaN),
});
