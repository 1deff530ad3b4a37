// Aggregates that are written outside src: with a parameter, of a string column, with a categorical result.
import t from 'tap';
import { categoryOfHash, defineVector, mean, sliding, stringHash } from 'millrace';
import { decayedMean } from './decayed-mean.ts';
import { extent } from './extent.ts';
import { latestCategory } from './latest-category.ts';
import { checkByDefinition, inSliding, paymentsTopology, type Defined, type Payment } from './payments.ts';
import { roughDistinct } from './rough-distinct.ts';

const over = sliding(120, 10);

function amounts(all: readonly Payment[], query: Payment): Array<{ at: number; amount: number }> {
  return inSliding(all, query, 120, 10).flatMap(({ at, amount }) =>
    amount === null ? [] : [{ at, amount }],
  );
}

function decayed(halfLifeMs: number): Defined {
  return {
    aggregate: decayedMean('amount', { over, halfLifeMs }),
    value(all, query) {
      const inside = amounts(all, query);
      if (inside.length === 0) return null;
      const weights = inside.map(({ at }) => 0.5 ** ((query.at - at) / halfLifeMs));
      const sum = inside.reduce((so, { amount }, i) => so + (weights[i] as number) * amount, 0);
      return sum / weights.reduce((a, b) => a + b, 0);
    },
  };
}

t.test('each equals its definition, together with a built-in one, across restarts', async (t) => {
  await checkByDefinition({
    recent: decayed(5),
    slow: decayed(60),
    merchants: {
      aggregate: roughDistinct('merchant', { over }),
      value(all, query) {
        const merchants = inSliding(all, query, 120, 10).map(({ merchant }) => merchant);
        // The hashes of the four strings share no bit, so the estimate is a function of their number.
        const count = new Set(merchants.filter((merchant) => merchant !== null)).size;
        return -512 * Math.log(1 - count / 512);
      },
    },
    latest: {
      aggregate: latestCategory('merchant', { over }),
      value(all, query) {
        const known = inSliding(all, query, 120, 10).filter(({ merchant }) => merchant !== null);
        const latest = known.reduce<Payment | null>(
          (best, payment) => (best === null || payment.at >= best.at ? payment : best),
          null,
        );
        return latest === null ? null : categoryOfHash(stringHash(latest.merchant as string));
      },
    },
    mean: {
      aggregate: mean('amount', { over }),
      value(all, query) {
        const inside = amounts(all, query);
        return inside.length === 0
          ? null
          : inside.reduce((sum, { amount }) => sum + amount, 0) / inside.length;
      },
    },
  });
  t.pass();
});

t.test('the estimate of distinct strings is within its error', async (t) => {
  const slab = new Float64Array(16);
  const { add, read } = roughDistinct('merchant', { over }).definition;
  for (let i = 0; i < 300; i++) {
    add(slab, 0, stringHash(`merchant-${i}`), 0);
    add(slab, 0, stringHash(`merchant-${i % 7}`), 0);
  }
  const estimate = read(slab, 0, 0, 0);
  t.ok(Math.abs(estimate - 300) < 30, `${estimate} of 300`);
});

t.test('a categorical result is a categorical feature of the model', async (t) => {
  const topology = paymentsTopology({
    latest: latestCategory('merchant', { over }),
    recent: decayedMean('amount', { over, halfLifeMs: 5 }),
  });
  t.same(
    topology.features?.features.map(({ name, kind }) => ({ name, kind })),
    [
      { name: 'card.latest', kind: 'categorical' },
      { name: 'card.recent', kind: 'numeric' },
    ],
  );
});

t.test('columns are checked by the compiler and at run time', async (t) => {
  const invalid = { code: 'TOPOLOGY_INVALID' };
  // @ts-expect-error -- no such column
  t.throws(() => paymentsTopology({ m: decayedMean('amout', { over, halfLifeMs: 5 }) }), invalid);
  // @ts-expect-error -- a number, and the aggregate takes strings
  t.throws(() => paymentsTopology({ m: roughDistinct('amount', { over }) }), invalid);
  // @ts-expect-error -- the parameter is missing
  t.ok(decayedMean('amount', { over }));
});

t.test('features of one state each equal their definition', async () => {
  const { low, high, spread } = extent('amount', { over }).parts;
  const picked =
    (pick: (values: readonly number[]) => number) => (all: readonly Payment[], query: Payment) => {
      const values = amounts(all, query).map(({ amount }) => amount);
      return values.length === 0 ? null : pick(values);
    };
  await checkByDefinition({
    low: { aggregate: low, value: picked((values) => Math.min(...values)) },
    high: { aggregate: high, value: picked((values) => Math.max(...values)) },
    spread: { aggregate: spread, value: picked((values) => Math.max(...values) - Math.min(...values)) },
  });
});

t.test('a vector that makes no sense is refused', (t) => {
  const state = {
    width: 1,
    add: (): void => undefined,
    merge: (): void => undefined,
    parts: { low: { read: (): number => 0 } },
  };
  const refused = (more: object, ofState: object, message: RegExp): void =>
    void t.throws(
      () => {
        const make = (): typeof state => ({ ...state, ...ofState });
        const declare = defineVector({ name: 'v', input: 'number', checks: {}, make, ...more });
        return declare('amount', { over });
      },
      { code: 'TOPOLOGY_INVALID', message },
    );
  refused({ name: 'Extent' }, {}, /has an invalid name/);
  refused({}, { width: 0 }, /0 slots wide/);
  refused({}, { parts: {} }, /has no feature/);
  refused({}, { parts: { 'a b': state.parts.low } }, /'a b' is no name/);
  t.end();
});
