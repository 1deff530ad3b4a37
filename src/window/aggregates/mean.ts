// The mean of a column.
import type { NumberAggregate } from '../aggregate.ts';
import { defineAggregate } from '../define-aggregate.ts';
import { moments } from './moments.ts';

/** Mean of the values that are not null; NaN if there is none, or if both infinities are among them. */
export const mean: NumberAggregate = defineAggregate({
  ...moments,
  name: 'mean',
  input: 'number',
  read: (slab, at) => (slab[at] === 0 ? Number.NaN : (slab[at + 1] as number)),
});
