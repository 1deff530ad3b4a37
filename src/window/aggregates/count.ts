// The number of events, or of values. `rate` shares its accumulator.
import type { Accumulator, AggregateOptions, AnyAggregate, EventAggregate } from '../aggregate.ts';
import { defineAggregate } from '../define-aggregate.ts';

export const counter: Accumulator = {
  width: 1,
  add: (slab, at) => {
    slab[at] = (slab[at] as number) + 1;
  },
  merge: (to, a, from, b) => {
    to[a] = (to[a] as number) + (from[b] as number);
  },
};

const countEvents: EventAggregate = defineAggregate({
  ...counter,
  name: 'count',
  input: 'none',
  read: (slab, at) => slab[at] as number,
});

const countValues: AnyAggregate = defineAggregate({
  ...counter,
  name: 'count-values',
  input: 'any',
  read: (slab, at) => slab[at] as number,
});

/** Number of events; of a column, that of the values that are not null, those of lists included. 0 in an empty window. */
export const count: EventAggregate & AnyAggregate = ((
  ...args: [AggregateOptions] | [string, AggregateOptions]
) => (args.length === 1 ? countEvents(args[0]) : countValues(...args))) as EventAggregate & AnyAggregate; // it is one of both
