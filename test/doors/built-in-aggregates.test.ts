// The built-in aggregates in a topology: late events and queries, nulls, restarts, a lost store, and
// more keys than fit into memory.
import t from 'tap';
import {
  distinct,
  greater,
  sliding,
  stringHash,
  timeSinceLast,
  type Aggregate,
  type WindowSpec,
} from 'millrace';
import type { Definition, Event } from '../window/aggregates/definitions.ts';
import { features } from '../window/aggregates/vector-definitions.ts';
import { checkByDefinition, inSliding, type Defined, type Payment } from './payments.ts';

const SIZE_MS = 120;
const PANE_MS = 10;

type PaymentAggregate = Defined['aggregate'];

/** The aggregate with a column of payments, in place of the one that it was declared with. */
function ofPayments(declared: Aggregate): PaymentAggregate {
  const { column, definition } = declared;
  if (column === null) return declared as PaymentAggregate; // it reads no column
  return definition.input === 'string'
    ? { ...declared, column: 'merchant', reads: ['merchant: string'] }
    : { ...declared, column: 'amount', reads: ['amount: number'] };
}

function valueOf({ definition, column }: Aggregate, { amount, merchant }: Payment): number | null {
  if (column === null) return 1;
  if (definition.input !== 'string') return amount;
  return merchant === null ? null : stringHash(merchant);
}

function defined({ aggregate, value }: Definition, over: WindowSpec): Defined {
  const declared = aggregate(over);
  return {
    aggregate: ofPayments(declared),
    value(all: readonly Payment[], query) {
      const inside = inSliding(all, query, SIZE_MS, PANE_MS).flatMap((payment): Event[] => {
        const given = valueOf(declared, payment);
        return given === null ? [] : [{ value: given, timeMs: payment.at }];
      });
      const expected = value(inside, query.at, SIZE_MS / 1_000);
      return Number.isNaN(expected) ? null : expected;
    },
  };
}

t.test('each equals its definition, across restarts and evictions', async () => {
  const over = sliding(SIZE_MS, PANE_MS);
  const exact = Object.entries(features).filter(([, { tolerance }]) => tolerance === undefined);
  await checkByDefinition(
    Object.fromEntries(
      exact.map(([name, definition]) => [name.replace(' ', '_'), defined(definition, over)]),
    ),
  );
});

t.test('with a predicate, an aggregate takes the events that it selects', async () => {
  const over = sliding(SIZE_MS, PANE_MS);
  const where = { merchant: ['x', 'y'] };
  const inside = (all: readonly Payment[], query: Payment): Payment[] =>
    inSliding(all, query, SIZE_MS, PANE_MS).filter(({ merchant }) => merchant === 'x' || merchant === 'y');
  await checkByDefinition({
    merchants: {
      aggregate: distinct('merchant', { over, where }),
      value: (all, query) => new Set(inside(all, query).map(({ merchant }) => merchant)).size,
    },
    since: {
      aggregate: timeSinceLast({ over, where: greater('amount', 0) }),
      value(all, query) {
        const times = inSliding(all, query, SIZE_MS, PANE_MS).flatMap(({ at, amount }) =>
          amount !== null && amount > 0 ? [at] : [],
        );
        const [latest = Number.NaN, second = Number.NaN] = [...new Set(times)].toSorted((a, b) => b - a);
        const before = latest < query.at ? latest : second;
        return before < query.at ? (query.at - before) / 1_000 : null;
      },
    },
  });
});
