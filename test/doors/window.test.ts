// A kind of window that is written outside src, together with a built-in one in the same view.
import t from 'tap';
import { count, days, last, max, mean, min, sliding, sum, type Aggregate } from 'millrace';
import { TopologyDriver } from 'millrace/testing';
import { lastEvents } from './last-events.ts';
import { checkByDefinition, inSliding, paymentsTopology, type Defined, type Payment } from './payments.ts';
import { slotsOf } from '../support/state-slots.ts';

const COUNT = 4;
const WITHIN_MS = 150;
const over = lastEvents({ count: COUNT, withinMs: WITHIN_MS });

type Select = (payment: Payment) => boolean;

/** The window by definition: those of the last four selected events, by event time, that a query may see. */
function lastFour(all: readonly Payment[], query: Payment, select: Select): readonly Payment[] {
  return all
    .filter(select)
    .toSorted((a, b) => a.at - b.at)
    .slice(-COUNT)
    .filter(({ at }) => at <= query.at && at >= query.at - WITHIN_MS);
}

function amountsOf(
  aggregate: Defined['aggregate'],
  value: (amounts: number[]) => number,
  select: Select,
): Defined {
  return {
    aggregate,
    value(all, query) {
      const amounts = lastFour(all, query, select).flatMap(({ amount }) => (amount === null ? [] : [amount]));
      const result = value(amounts);
      return Number.isFinite(result) ? result : null;
    },
  };
}

const add = (a: number, b: number): number => a + b;
const every: Select = () => true;
const atX: Select = ({ merchant }) => merchant === 'x';
const where = { merchant: 'x' };

t.test('it equals its definition, together with sliding windows, across restarts', async (t) => {
  await checkByDefinition({
    events: {
      aggregate: count({ over }),
      value: (all, query) => lastFour(all, query, every).length,
    },
    sum: amountsOf(sum('amount', { over }), (amounts) => amounts.reduce(add, 0), every),
    mean: amountsOf(mean('amount', { over }), (amounts) => amounts.reduce(add, 0) / amounts.length, every),
    min: amountsOf(min('amount', { over }), (amounts) => Math.min(...amounts), every),
    latest: amountsOf(last('amount', { over }), (amounts) => amounts.at(-1) ?? Number.NaN, every),
    sliding: {
      aggregate: count({ over: sliding(120, 10) }),
      value: (all, query) => inSliding(all, query, 120, 10).length,
    },
    // The last four at one merchant, not those among the card's last four that are at this merchant.
    atX: {
      aggregate: count({ over, where }),
      value: (all, query) => lastFour(all, query, atX).length,
    },
    maxAtX: amountsOf(max('amount', { over, where }), (amounts) => Math.max(...amounts), atX),
  });
  t.pass();
});

t.test('a view with no other kind of window', async (t) => {
  await checkByDefinition({
    events: { aggregate: count({ over }), value: (all, query) => lastFour(all, query, every).length },
  });
  t.pass();
});

async function send(
  aggregates: Readonly<Record<string, Aggregate<'amount: number'>>>,
): Promise<TopologyDriver> {
  const driver = new TopologyDriver(paymentsTopology(aggregates));
  const payment = { card: 'a', merchant: null };
  await driver.send([1, 2, 3, 4, 5].map((amount) => ({ ...payment, id: `${amount}`, amount, at: amount })));
  await driver.barrier();
  return driver;
}

t.test('its state has a time to live and only the events that it keeps', async (t) => {
  const { delta } = await send({ sum: sum('amount', { over }) });
  t.match(delta.puts, [{ key: 'features:card=a', eventTimeMs: 5, ttlMs: WITHIN_MS + 40 + days(1) }]);
  t.same(slotsOf(delta.puts[0]?.state ?? new Uint8Array(0)).slice(1), [9, 4, 2, 2, 3, 3, 4, 4, 5, 5]);
});

t.test('the replay after a lost store reaches back as far as the window', async (t) => {
  t.equal(paymentsTopology({ count: count({ over }) }).features?.memoryMs, WITHIN_MS);
});
