// The weight of the tails of the distribution of a column.
import type { NumberAggregate } from '../aggregate.ts';
import { defineAggregate } from '../define-aggregate.ts';
import { shape } from './shape.ts';

/**
 * Excess kurtosis of the values that are not null: the fourth central moment over the square of the population's variance,
 * less 3, as `scipy.stats.kurtosis` has it (ClickHouse's `kurtPop` less 3). NaN if all values are equal, in an empty window,
 * and where one is infinite.
 */
export const kurtosis: NumberAggregate = defineAggregate({
  ...shape,
  name: 'kurtosis',
  input: 'number',
  read: (slab, at) => {
    const squares = slab[at + 2] as number;
    return ((slab[at] as number) * (slab[at + 4] as number)) / (squares * squares) - 3;
  },
});
