// Aggregates of lists: each value counts as if it were that of an event at the same instant. What every aggregate gives for
// such events is the oracle, out of order and over restarts.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import {
  count,
  defineAggregate,
  defineTopology,
  distinct,
  distinctLastKCategories,
  double,
  entropy,
  features,
  histogram,
  lastK,
  list,
  max,
  mean,
  min,
  minutes,
  nullable,
  quantiles,
  score,
  seconds,
  sliding,
  source,
  string,
  sum,
  timestamp,
  topK,
  view,
  watermarks,
  above,
  type View,
} from '../../src/index.ts';
import { TopologyDriver } from '../../src/testing/index.ts';

const product = defineAggregate({
  name: 'product',
  input: 'number',
  width: 1,
  clear: (slab, at) => void (slab[at] = 1),
  add: (slab, at, value) => void (slab[at]! *= value),
  merge: (to, a, from, b) => void (to[a]! *= from[b]!),
  read: (slab, at) => slab[at]!,
});

const over = sliding(minutes(2));

/** The same features of a column of lists and of one of values. */
const card = view(['card'], {
  distinct: distinct('tags', { over }),
  top: topK('tags', { over, k: 2 }),
  entropy: entropy('tags', { over }),
  latest: distinctLastKCategories('tags', { over, k: 2 }),
  last: lastK('prices', { over, k: 3 }),
  bins: histogram('prices', { over, bins: [1, 3] }),
  at: quantiles('prices', { over, at: { p50: 0.5 } }),
  sum: sum('prices', { over }),
  mean: mean('prices', { over, clip: [1, 4] }),
  min: min('prices', { over, where: { weight: above(1) } }),
  max: max('prices', { over }),
  values: count('prices', { over }),
  product: product('prices', { over }),
});

const common = { card: string, weight: double, at: timestamp };
const lists = source('lists', {
  schema: { ...common, tags: nullable(list(nullable(string))), prices: nullable(list(nullable(double))) },
  eventTime: 'at',
});
const values = source('values', {
  schema: { ...common, tags: nullable(string), prices: nullable(double) },
  eventTime: 'at',
});
const stages = [
  watermarks({ allowedLatenessMs: seconds(90) }),
  features({ views: { card } }),
  score({ key: 'card' }),
] as const;

interface Event {
  readonly card: string;
  readonly weight: number;
  readonly at: number;
  readonly tags: Array<string | null> | null;
  readonly prices: Array<number | null> | null;
}

const event = fc.record({
  card: fc.constantFrom('a', 'b'),
  weight: fc.nat({ max: 3 }),
  at: fc.nat({ max: 60 }).map((second) => second * 1_000),
  tags: fc.option(fc.array(fc.option(fc.constantFrom('x', 'y', 'z')), { maxLength: 4 })),
  prices: fc.option(fc.array(fc.option(fc.nat({ max: 5 })), { maxLength: 4 })),
});
const steps = fc.array(
  fc.tuple(fc.array(event, { maxLength: 6 }), fc.constantFrom('nothing', 'barrier', 'restart')),
  { maxLength: 5 },
);

/** An event for each value, and one behind them that has the features. */
function eventsOf({ tags, prices, ...rest }: Event) {
  return [
    ...(tags ?? []).map((tag) => ({ ...rest, tags: tag, prices: null })),
    ...(prices ?? []).map((price) => ({ ...rest, tags: null, prices: price })),
    { ...rest, tags: null, prices: null },
  ];
}

t.test('property: a list is as good as an event for each of its values', async (t) => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const found = new TopologyDriver(defineTopology(lists, { stages }));
      const oracle = new TopologyDriver(defineTopology(values, { stages }));
      const wanted: unknown[] = [];
      for (const [events, after] of all) {
        await found.send(events);
        for (const one of events) {
          await oracle.send(eventsOf(one));
          wanted.push(oracle.predictions.at(-1)?.features);
        }
        for (const driver of [found, oracle]) {
          if (after === 'barrier') await driver.barrier();
          if (after === 'restart') await driver.restart();
        }
      }
      assert.deepStrictEqual(
        found.predictions.map((prediction) => prediction.features),
        wanted,
      );
      await found.close();
      await oracle.close();
    }),
    { numRuns: 30 },
  );
  t.pass();
});

t.test('a list stands for values in aggregates alone, to the compiler and to the engine', async (t) => {
  const wrong = (stage: Parameters<typeof defineTopology>[0]['stages'][number]): string => {
    try {
      defineTopology({ name: 'lists', source: lists, stages: [stage] });
      return '';
    } catch (error) {
      return error instanceof Error ? error.message : '';
    }
  };
  const keyed: View = view(['tags'], { tags: distinct('tags', { over }) });
  t.match(wrong(features({ views: { keyed } })), "needs a number or string, and 'tags' is a list of strings");
  t.match(
    wrong(features({ views: { card: view(['card'], { sum: sum('tags', { over }) }) } })),
    "'tags' is a string",
  );
  t.match(
    wrong(
      features({
        views: { card: view(['card'], { m: mean('prices', { over, where: { prices: above(1) } }) }) },
      }),
    ),
    "needs a number, and 'prices' is a list of numbers",
  );
  t.match(
    wrong(features({ when: { prices: above(1) }, views: { card } })),
    "needs a number, and 'prices' is a list",
  );
  const byTags = features({ views: { keyed: view(['tags'], { n: count({ over }) }) } });
  // @ts-expect-error -- Type '"tags: any"' is not assignable to type '"tags: string[]"'
  t.throws(() => defineTopology(lists, { stages: [byTags] }));
  const ofTags = features({ views: { card: view(['card'], { n: sum('tags', { over }) }) } });
  // @ts-expect-error -- Type '"tags: number"' is not assignable to type '"tags: string[]"'
  t.throws(() => defineTopology(lists, { stages: [ofTags] }));
});
