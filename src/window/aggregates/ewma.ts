// The exponentially weighted mean of a column.
import type { NumberAggregate } from '../aggregate.ts';
import { defineAggregate } from '../define-aggregate.ts';
import { decay, decayChecks, type Decay } from './decay.ts';

/**
 * Mean of the values that are not null, in which the weight of one halves with every `halfLifeMs` of event time
 * (exponentially weighted moving average); NaN if there is none.
 */
export const ewma: NumberAggregate<Decay> = defineAggregate(
  ({ halfLifeMs }: Decay) => ({
    ...decay(halfLifeMs),
    name: 'ewma',
    input: 'number',
    read: (slab, at) => (slab[at + 2] as number) / (slab[at + 1] as number),
  }),
  { name: 'ewma', input: 'number', checks: decayChecks },
);
