// The built-in aggregates of numbers and events in a topology: late events and queries, nulls, restarts, a lost store, and
// more keys than fit into memory.
import t from 'tap';
import { sliding, type Aggregate, type WindowSpec } from 'millrace';
import { definitions, type Definition } from '../window/aggregates/definitions.ts';
import { checkByDefinition, inSliding, type Defined, type Payment } from './payments.ts';

const SIZE_MS = 120;
const PANE_MS = 10;

type PaymentAggregate = Defined['aggregate'];

/** The aggregate with the column of payments, in place of the one that it was declared with. */
function ofAmounts(declared: Aggregate): PaymentAggregate {
  const { column } = declared;
  return column === null
    ? (declared as PaymentAggregate) // it reads no column
    : { ...declared, column: 'amount', reads: ['amount: number'] };
}

function defined({ aggregate, value }: Definition, over: WindowSpec): Defined {
  const declared = aggregate(over);
  return {
    aggregate: ofAmounts(declared),
    value(all: readonly Payment[], query) {
      const inside = inSliding(all, query, SIZE_MS, PANE_MS)
        .filter(({ amount }) => declared.column === null || amount !== null)
        .map(({ amount, at }) => ({ value: amount ?? 0, timeMs: at }));
      const expected = value(inside, query.at, SIZE_MS / 1_000);
      return Number.isNaN(expected) ? null : expected;
    },
  };
}

t.test('each equals its definition, across restarts and evictions', async () => {
  const over = sliding(SIZE_MS, PANE_MS);
  await checkByDefinition(
    Object.fromEntries(
      Object.entries<Definition>(definitions)
        .filter(([, { aggregate }]) => aggregate(over).definition.input !== 'string')
        .map(([name, definition]) => [name, defined(definition, over)]),
    ),
  );
});
