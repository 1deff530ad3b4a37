// The latest string by event time, as a categorical feature.
import { categoryOfHash, defineAggregate, type StringAggregate } from 'millrace';

export const latestCategory: StringAggregate = defineAggregate({
  name: 'latest-category',
  input: 'string',
  output: 'category',
  width: 2,
  clear: (slab, at) => {
    slab[at] = Number.NaN;
    slab[at + 1] = Number.NEGATIVE_INFINITY;
  },
  add: (slab, at, hash, timeMs) => {
    if (timeMs < slab[at + 1]!) return;
    slab[at] = hash;
    slab[at + 1] = timeMs;
  },
  merge: (to, a, from, b) => {
    if (from[b + 1]! < to[a + 1]!) return;
    to[a] = from[b]!;
    to[a + 1] = from[b + 1]!;
  },
  read: (slab, at) => categoryOfHash(slab[at]!),
});
