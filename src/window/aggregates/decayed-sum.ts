// Sums and counts in which old events weigh less.
import type { EventAggregate, NumberAggregate } from '../aggregate.ts';
import { defineAggregate } from '../define-aggregate.ts';
import { decay, decayChecks, decayed, type Decay } from './decay.ts';

/**
 * Sum of the values that are not null, in which the weight of one halves with every `halfLifeMs` from its event time to that
 * of the query; 0 in an empty window. To a query that comes late, a later event weighs more than 1.
 */
export const decayedSum: NumberAggregate<Decay> = defineAggregate(
  ({ halfLifeMs }: Decay) => ({
    ...decay(halfLifeMs),
    name: 'decayed-sum',
    input: 'number',
    read: (slab, at, timeMs) =>
      slab[at + 1] === 0 ? 0 : (slab[at + 2] as number) * decayed(halfLifeMs, timeMs, slab[at] as number),
  }),
  { name: 'decayed-sum', input: 'number', checks: decayChecks },
);

/** Number of events, in which one weighs as in `decayedSum`; 0 in an empty window. */
export const decayedCount: EventAggregate<Decay> = defineAggregate(
  ({ halfLifeMs }: Decay) => ({
    ...decay(halfLifeMs),
    name: 'decayed-count',
    input: 'none',
    read: (slab, at, timeMs) =>
      slab[at + 1] === 0 ? 0 : (slab[at + 1] as number) * decayed(halfLifeMs, timeMs, slab[at] as number),
  }),
  { name: 'decayed-count', input: 'none', checks: decayChecks },
);
