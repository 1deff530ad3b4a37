// The share of values that pass a test: two slots, the values and those that pass.
import type { NumberRead, StringRead } from '../../core/columns.ts';
import { defineAggregate } from '../define-aggregate.ts';
import type {
  Accumulator,
  Aggregate,
  AggregateOptions,
  AggregateVector,
  BucketOptions,
  BucketPart,
  NumberAggregate,
  TopPart,
} from '../aggregate.ts';
import type { EveryEvent, NumberTest, Predicate, PredicateReads } from '../predicate.ts';

function tally(slab: Float64Array, at: number, passes: boolean): void {
  slab[at] = (slab[at] as number) + 1;
  if (passes) slab[at + 1] = (slab[at + 1] as number) + 1;
}

/** One function for each test, so that an event costs a comparison and no look at the operator. */
function adder({ op, value: bound }: NumberTest): Accumulator['add'] {
  switch (op) {
    case 'atLeast':
      return (slab, at, value) => tally(slab, at, value >= bound);
    case 'above':
      return (slab, at, value) => tally(slab, at, value > bound);
    case 'atMost':
      return (slab, at, value) => tally(slab, at, value <= bound);
    case 'below':
      return (slab, at, value) => tally(slab, at, value < bound);
  }
}

const shareOf: NumberAggregate<{ readonly test: NumberTest }> = defineAggregate(
  ({ test }: { readonly test: NumberTest }) => ({
    name: 'share',
    input: 'number',
    width: 2,
    add: adder(test),
    merge: (to, a, from, b) => {
      to[a] = (to[a] as number) + (from[b] as number);
      to[a + 1] = (to[a + 1] as number) + (from[b + 1] as number);
    },
    read: (slab, at) => (slab[at] === 0 ? Number.NaN : (slab[at + 1] as number) / (slab[at] as number)),
  }),
);

/** Share, 0 to 1, of the values that are not null for which the test holds; NaN if there is none. */
export function share<
  const C extends string,
  const B extends string,
  K extends string = TopPart,
  W extends Predicate = EveryEvent,
>(
  column: C,
  test: NumberTest,
  options: AggregateOptions<W> & BucketOptions<B, K>,
): AggregateVector<NumberRead<C> | StringRead<B> | PredicateReads<W>, BucketPart<NoInfer<K>>>;
export function share<const C extends string, W extends Predicate = EveryEvent>(
  column: C,
  test: NumberTest,
  options: AggregateOptions<W>,
): Aggregate<NumberRead<C> | PredicateReads<W>>;
export function share(
  column: string,
  test: NumberTest,
  options: AggregateOptions,
): Aggregate | AggregateVector {
  return shareOf(column, { ...options, test });
}
