// Rows of one event are scored and labelled as events of their own are, each by an id of its own.
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
  labels,
  list,
  minutes,
  multiply,
  nullable,
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
import type { Scorer } from '../../src/ports/scorer.ts';
import { EmbeddedRun, TopologyDriver } from '../../src/testing/index.ts';

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

/** Scores by the features, whose rows may come in any batches. */
const model: Scorer = {
  version: 'v1',
  inputWidth: 4,
  provider: 'cpu',
  run: async (values, count, into) => {
    for (let i = 0; i < count; i++)
      into[i] = 1 / (2 + (values[i * 4 + 1] as number) + 8 * (values[i * 4 + 3] as number));
  },
  close: async () => undefined,
};

const scored = [
  derive({ twice: multiply('price', 2) }),
  features({ when: { user: 'u' }, views }),
  score({ key: 'sku' }),
  labels({
    key: 'sku',
    when: { user: 'v' },
    task: binary({ column: 'price', positive: atLeast(3) }),
    timeoutMs: seconds(20),
    earlyMs: seconds(10),
  }),
] as const;

t.test('property: items are scored and labelled as events of their own are', async (t) => {
  let predicted = 0;
  await fc.assert(
    fc.asyncProperty(steps, fc.boolean(), fc.boolean(), async (all, outer, together) => {
      const flat = flatten({ strings: { sku: 'items[].sku' }, numbers: { price: 'items[].price' }, outer });
      const found = new TopologyDriver(defineTopology(orders, { stages: [late, flat, ...scored] }), {
        model,
      });
      const oracle = new TopologyDriver(
        defineTopology(rows, { stages: [late, filter({ user: ['u', 'v'] }), ...scored] }),
        {
          model,
        },
      );
      let offset = -1;
      const ids: string[] = [];
      for (const [events, after] of all) {
        const sent: Array<Parameters<typeof found.send>[0][number]> = [];
        for (const { user, at, items } of events) {
          offset += 1;
          sent.push({
            user,
            at,
            'items[].sku': items?.map(({ sku }) => sku) ?? null,
            'items[].price': items?.map(({ price }) => price) ?? null,
          });
          const given = (items ?? []).map((item) => ({ user, at, ...item }));
          // An event without items advances the watermark all the same.
          const none = { user: outer ? user : 'none', at, sku: null, price: null };
          await oracle.send(given.length > 0 ? given : [none]);
          const before = ids.length;
          for (const { key } of oracle.predictions.slice(before))
            ids.push(`${key} ${offset} ${given.length > 0 ? ids.length - before : 'event'}`);
        }
        if (together) await found.send(sent);
        else for (const one of sent) await found.send([one]);
        if (after === 'restart') {
          await found.restart();
          await oracle.restart();
        } else if (after === 'barrier') {
          await found.barrier();
          await oracle.barrier();
        }
      }
      const outputs = ({
        predictions,
        labels: joined,
      }: Pick<TopologyDriver, 'predictions' | 'labels'>): unknown => ({
        predictions: predictions.map(({ offset: _offset, item: _item, ...others }) => others),
        joined,
      });
      assert.deepStrictEqual(outputs(found), outputs(oracle));
      assert.deepStrictEqual(
        found.predictions.map(({ key, offset: at, item = 'event' }) => `${key} ${at} ${item}`),
        ids,
      );
      predicted += ids.length;
      await found.close();
      await oracle.close();
    }),
    { numRuns: 120 },
  );
  t.ok(predicted > 200, `${predicted} predictions`);
});

t.test('a run that crashes publishes each item once, by an id of its own', async (t) => {
  const flat = flatten({ strings: { sku: 'items[].sku' }, numbers: { price: 'items[].price' } });
  const topology = defineTopology(orders, { stages: [late, flat, ...scored] });
  const events = Array.from({ length: 60 }, (_, i) => ({
    user: i % 3 === 2 ? 'v' : 'u',
    at: i * 1_000,
    'items[].sku': ['a', 'b', null].slice(0, i % 4),
    'items[].price': [i, 1, 5].slice(0, i % 4),
  }));
  const runOf = async (crashes: boolean): Promise<string[]> => {
    const run = await EmbeddedRun.start(topology, { model });
    for (let from = 0; from < events.length; from += 10) {
      await run.send(events.slice(from, from + 10));
      await run.committed();
      if (crashes) {
        await run.crash();
        await run.restart();
      }
    }
    const predictions = await run.predictions();
    await run.stop();
    return predictions.map(({ id, key, score: value }) => `${id} ${key} ${value}`);
  };
  const undisturbed = await runOf(false);
  t.strictSame(await runOf(true), undisturbed);
  t.strictSame(
    undisturbed.slice(0, 4).map((line) => line.split(' ')[0]),
    ['orders-0-1.0', 'orders-0-3.0', 'orders-0-3.1', 'orders-0-3.2'],
  );
  t.equal(new Set(undisturbed.map((line) => line.split(' ')[0])).size, undisturbed.length);
});
