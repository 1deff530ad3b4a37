// The latest value of a column.
import { categoryOfHash } from '../../core/string-hash.ts';
import type { NumberAggregate, StringAggregate } from '../aggregate.ts';
import { defineAggregate } from '../define-aggregate.ts';
import { latest } from './latest.ts';

/** Value of the latest event by event time (the later offset where times are equal); NaN in an empty window. */
export const last: NumberAggregate = defineAggregate({
  ...latest,
  name: 'last',
  input: 'number',
  read: (slab, at) => slab[at] as number,
});

/** `last` of a string column, as the code that a categorical feature has. */
export const lastCategory: StringAggregate = defineAggregate({
  ...latest,
  name: 'last-category',
  input: 'string',
  output: 'category',
  read: (slab, at) => categoryOfHash(slab[at] as number),
});
