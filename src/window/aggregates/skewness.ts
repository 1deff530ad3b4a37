// The asymmetry of the distribution of a column.
import type { NumberAggregate } from '../aggregate.ts';
import { defineAggregate } from '../define-aggregate.ts';
import { shape } from './shape.ts';

/**
 * Skewness of the values that are not null: the third central moment over the third power of the population's standard
 * deviation, as `scipy.stats.skew` and ClickHouse's `skewPop` have it. NaN if all values are equal, in an empty window, and
 * where one is infinite.
 */
export const skewness: NumberAggregate = defineAggregate({
  ...shape,
  name: 'skewness',
  input: 'number',
  read: (slab, at) => {
    const squares = slab[at + 2] as number;
    return (Math.sqrt(slab[at] as number) * (slab[at + 3] as number)) / squares ** 1.5;
  },
});
