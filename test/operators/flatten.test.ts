// An event of several rows: every view, out of order and over restarts, has what one gets that is sent an event for each item.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import {
  atLeast,
  binary,
  count,
  defineTopology,
  derive,
  double,
  features,
  filter,
  flatten,
  greater,
  labels,
  list,
  lists,
  minutes,
  multiply,
  nullable,
  numberFrom,
  score,
  seconds,
  sliding,
  source,
  string,
  sum,
  timestamp,
  view,
  watermarks,
} from '../../src/index.ts';
import { TopologyDriver } from '../../src/testing/index.ts';
import { computed } from '../support/computed.ts';

const over = sliding(minutes(2));
const orders = source('orders', {
  schema: {
    user: string,
    at: timestamp,
    'items[].sku': nullable(list(nullable(string))),
    'items[].price': nullable(list(nullable(double))),
  },
  eventTime: 'at',
});
const rows = source('rows', {
  schema: { user: string, at: timestamp, sku: nullable(string), price: nullable(double) },
  eventTime: 'at',
});
const views = {
  product: view(['sku'], { rows: count({ over }), spent: sum('twice', { over }) }),
  user: view(['user'], { rows: count({ over }), spent: sum('price', { over }) }),
};
const behind = [
  derive({ twice: multiply('price', 2) }),
  filter(greater('price', 1)),
  features({ views }),
] as const;
const late = watermarks({ allowedLatenessMs: seconds(90) });

interface Order {
  readonly user: string;
  readonly at: number;
  readonly items: ReadonlyArray<{ readonly sku: string | null; readonly price: number | null }> | null;
}

const order: fc.Arbitrary<Order> = fc.record({
  user: fc.constantFrom('u', 'v'),
  at: fc.nat({ max: 60 }).map((second) => second * 1_000),
  items: fc.option(
    fc.array(
      fc.record({
        sku: fc.option(fc.constantFrom('a', 'b', 'c'), { freq: 9 }),
        price: fc.option(fc.nat({ max: 5 }), { freq: 9 }),
      }),
      { maxLength: 4 },
    ),
  ),
});
const steps = fc.array(
  fc.tuple(fc.array(order, { maxLength: 6 }), fc.constantFrom('nothing', 'barrier', 'restart')),
  { maxLength: 5 },
);

/** What the store has of every key, by the last change of each. */
async function stateOf(
  driver: Pick<TopologyDriver, 'barrier' | 'delta'>,
  into: Map<string, string>,
): Promise<void> {
  await driver.barrier();
  for (const { key, state, served } of driver.delta.puts)
    into.set(key, `${Buffer.from(state).toString('hex')} ${Buffer.from(served ?? []).toString('hex')}`);
}

t.test('property: rows of an event update views as events of their own do', async (t) => {
  await fc.assert(
    fc.asyncProperty(steps, fc.boolean(), async (all, outer) => {
      const flat = flatten({ strings: { sku: 'items[].sku' }, numbers: { price: 'items[].price' }, outer });
      const found = new TopologyDriver(defineTopology(orders, { stages: [late, flat, ...behind] }));
      const oracle = new TopologyDriver(defineTopology(rows, { stages: [late, ...behind] }));
      const states = [new Map<string, string>(), new Map<string, string>()] as const;
      for (const [events, after] of all) {
        for (const { user, at, items } of events) {
          const columns = {
            'items[].sku': items?.map(({ sku }) => sku) ?? null,
            'items[].price': items?.map(({ price }) => price) ?? null,
          };
          await found.send([{ user, at, ...columns }]);
          // An event without items advances the watermark all the same.
          const none = { user, at, sku: null, price: null };
          const given = (items ?? []).map((item) => ({ user, at, ...item }));
          await oracle.send(given.length > 0 ? given : [none]);
        }
        if (after === 'restart') {
          await stateOf(found, states[0]);
          await stateOf(oracle, states[1]);
          await found.restart();
          await oracle.restart();
        } else if (after === 'barrier') {
          await stateOf(found, states[0]);
          await stateOf(oracle, states[1]);
        }
      }
      await stateOf(found, states[0]);
      await stateOf(oracle, states[1]);
      assert.deepStrictEqual(Object.fromEntries(states[0]), Object.fromEntries(states[1]));
      await found.close();
      await oracle.close();
    }),
    { numRuns: 60 },
  );
  t.pass();
});

t.test('an event is a dead letter as a whole', async (t) => {
  const failing = numberFrom(['price'], (price) => {
    if (price === 13) throw new Error('unlucky');
    return price;
  });
  const stages = [
    late,
    flatten({ strings: { sku: 'items[].sku' }, numbers: { price: 'items[].price' } }),
    derive({ checked: failing }),
    features({ views: { user: view(['user'], { spent: sum('checked', { over }) }) } }),
  ] as const;
  const driver = new TopologyDriver(defineTopology(orders, { stages }));
  await driver.send([
    { user: 'u', at: 1, 'items[].sku': ['a', 'b', 'c'], 'items[].price': [1, 13, 13] },
    { user: 'u', at: 2, 'items[].sku': ['a'], 'items[].price': [1, 2] },
    { user: 'u', at: 3, 'items[].sku': ['a'], 'items[].price': [5] },
  ]);
  t.match(driver.deadLetters, [
    { code: 'STAGE_FAILED', message: /have not as many items each/ },
    { code: 'STAGE_FAILED', message: /unlucky/ },
  ]);
  t.equal(driver.deadLetters.length, 2);
});

t.test('what makes no sense is refused', async (t) => {
  const flat = flatten({ numbers: { price: 'items[].price' } });
  const all = features({ views: { user: view(['user'], { spent: sum('price', { over }) }) } });
  const outcome = labels({ key: 'user', task: binary({ column: 'price', positive: atLeast(1) }) });
  t.throws(
    () => defineTopology(orders, { stages: [late, flat, all, score({ key: 'user' }), outcome] }),
    /all rows that flatten makes of an event have its 'user'/,
  );
  t.throws(() => defineTopology(orders, { stages: [flat, late, all] }), /must come after watermarks/);
  t.throws(
    () =>
      defineTopology(orders, {
        stages: [late, flat, flatten('more', { numbers: { p: 'items[].price' } }), all],
      }),
    /more than one flatten/,
  );
  // @ts-expect-error -- Type '"items[].sku: number[]"' is not assignable to type '"items[].sku: string[]"'
  t.throws(() => defineTopology(orders, { stages: [late, flatten({ numbers: { x: 'items[].sku' } })] }));
  // @ts-expect-error -- Type '"user: number[]"' is not assignable to type '"user: string"'
  t.throws(() => defineTopology(orders, { stages: [late, flatten({ numbers: { x: 'user' } })] }));
});

t.test('expressions over lists', async (t) => {
  const given = [
    { tags: ['a', null, 'b'], prices: [1, null, 4] },
    { tags: [], prices: [] },
    { tags: null, prices: null },
  ];
  t.strictSame(computed(lists.length('tags'), given), [3, 0, null]);
  t.strictSame(computed(lists.contains('tags', 'b'), given), [1, 0, null]);
  t.strictSame(computed(lists.contains('prices', 4), given), [1, 0, null]);
  t.strictSame(computed(lists.item('prices', -1), given), [4, null, null]);
  t.strictSame(computed(lists.item('prices', 1), given), [null, null, null]);
  t.strictSame(computed(lists.itemText('tags', 0), given), ['a', null, null]);
  t.strictSame(computed(lists.sum('prices'), given), [5, 0, null]);
  t.strictSame(computed(lists.mean('prices'), given), [2.5, null, null]);
  t.strictSame(computed(lists.min('prices'), given), [1, null, null]);
  t.strictSame(computed(lists.max('prices'), given), [4, null, null]);
  const stages = [filter(greater(lists.length('items[].sku'), 1))] as const;
  const driver = new TopologyDriver(defineTopology(orders, { stages }));
  await driver.send([{ user: 'u', at: 1, 'items[].sku': ['a'], 'items[].price': [1] }]);
  t.equal(driver.filtered, 1);
  // @ts-expect-error -- Type '"user: list"' is not assignable to type '"user: string"'
  t.throws(() => defineTopology(orders, { stages: [filter(greater(lists.length('user'), 1))] }));
});
