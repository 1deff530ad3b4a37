// The earliest value of a column.
import { categoryOfHash } from '../../core/string-hash.ts';
import type { NumberAggregate, StringAggregate } from '../aggregate.ts';
import { defineAggregate } from '../define-aggregate.ts';
import { earliest } from './latest.ts';

/** Value of the earliest event by event time (the earlier offset where times are equal); NaN in an empty window. */
export const first: NumberAggregate = defineAggregate({
  ...earliest,
  name: 'first',
  input: 'number',
  read: (slab, at) => slab[at] as number,
});

/** `first` of a string column, as the code that a categorical feature has. */
export const firstCategory: StringAggregate = defineAggregate({
  ...earliest,
  name: 'first-category',
  input: 'string',
  output: 'category',
  read: (slab, at) => categoryOfHash(slab[at] as number),
});
