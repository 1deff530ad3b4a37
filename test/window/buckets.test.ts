// Aggregates by bucket compared with each aggregate of the events of one bucket, through merges and restarts.
import fc from 'fast-check';
import t from 'tap';
import { categoryOfHash, stringHash } from '../../src/core/string-hash.ts';
import { partsOf, problemsOf, problemText } from '../../src/core/definition.ts';
import {
  count,
  features,
  interArrivalMean,
  interArrivalStd,
  lastK,
  mean,
  quantiles,
  share,
  above,
  sliding,
  sum,
  view,
  type Aggregate,
  type AggregateVector,
} from '../../src/index.ts';
import { bucketedParts } from '../../src/window/buckets.ts';
import { near } from '../stats/close.ts';
import { definitions, type Definition, type Event } from './aggregates/definitions.ts';
import { OneRowView } from './one-row.ts';

const over = sliding(100, 10);
const DECLARED = ['a', 'b'];
const known: ReadonlyArray<readonly [name: string, definition: Definition]> = Object.entries(definitions);

/** Every aggregate with one feature, by bucket: the features of one after those of another. */
function byBucket(buckets: Parameters<typeof bucketedParts>[1]): Aggregate[] {
  return known.flatMap(([, { aggregate }]) => {
    const whole = aggregate(over);
    const parts = bucketedParts(new Map([['', whole.definition]]), buckets);
    return [...parts.values()].map((definition) => ({ ...whole, definition, bucketBy: 'c' }));
  });
}

interface Row extends Event {
  readonly bucket: string | null;
}

const rows = fc.array(
  fc.record({
    step: fc.integer({ min: 1, max: 30 }),
    value: fc.integer({ min: -20, max: 20 }),
    bucket: fc.constantFrom('a', 'b', 'c', 'd', null),
  }),
  { minLength: 1, maxLength: 40 },
);

/** Feeds a view, which is stored and restored in the midst of it; then its vector, and the events of the window. */
function fed(
  aggregates: readonly Aggregate[],
  steps: ReadonlyArray<Omit<Row, 'timeMs'> & { step: number }>,
): { values: Float32Array; events: readonly Row[]; nowMs: number } {
  let driven = new OneRowView(aggregates, 0);
  let nowMs = 0;
  const all: Row[] = [];
  for (const [i, { step, value, bucket }] of steps.entries()) {
    nowMs += step;
    all.push({ timeMs: nowMs, value, bucket });
    driven.update('k', nowMs, { v: value, c: bucket === null ? Number.NaN : stringHash(bucket) });
    if (i !== 10) continue;
    const restored = new OneRowView(aggregates, 0);
    restored.restore('k', driven.serialize('k'));
    driven = restored;
  }
  const start = (Math.floor(nowMs / 10) + 1) * 10 - 100;
  return { values: driven.read('k', nowMs), events: all.filter((e) => e.timeMs >= start), nowMs };
}

function check(name: string, found: number, wanted: number, tolerance = 1e-4): void {
  if (!near(found, wanted, tolerance)) throw new Error(`${name} is ${found}, not ${wanted}`);
}

t.test('declared buckets: each aggregate is that of the events of the bucket', async (t) => {
  const aggregates = byBucket(DECLARED);
  const width = DECLARED.length + 2;
  fc.assert(
    fc.property(rows, (steps) => {
      const { values, events, nowMs } = fed(aggregates, steps);
      const groups = [
        ...DECLARED.map((name) => events.filter(({ bucket }) => bucket === name)),
        events.filter(({ bucket }) => bucket === null || !DECLARED.includes(bucket)),
      ];
      for (const [i, [name, { value, tolerance }]] of known.entries()) {
        const found = values.subarray(i * width, (i + 1) * width);
        for (const [g, group] of groups.entries())
          check(`${name} of bucket ${g}`, found[g] as number, value(group, nowMs, 0.1), tolerance);
        check('dropped', found[width - 1] as number, groups.at(-1)?.length ?? 0);
      }
    }),
    { numRuns: 60 },
  );
  t.pass('all equal');
});

t.test('the buckets with the most events, as long as there are few, and the rest', async (t) => {
  const aggregates = byBucket({ top: 2 });
  const width = 6;
  fc.assert(
    fc.property(rows, (steps) => {
      const { values, events, nowMs } = fed(aggregates, steps);
      const ranked = [...new Set(events.map(({ bucket }) => bucket).filter((b) => b !== null))]
        .map((name) => ({ name, group: events.filter(({ bucket }) => bucket === name) }))
        .toSorted(
          (x, y) => y.group.length - x.group.length || (stringHash(x.name) < stringHash(y.name) ? -1 : 1),
        );
      for (const [i, [name, { value, tolerance, isOrdered }]] of known.entries()) {
        const found = values.subarray(i * width, (i + 1) * width);
        for (const place of [0, 1]) {
          const { name: bucket, group } = ranked[place] ?? { name: null, group: [] };
          const code = bucket === null ? Number.NaN : categoryOfHash(stringHash(bucket));
          check(`bucket ${place}`, found[2 * place + 1] as number, code);
          const wanted = bucket === null ? Number.NaN : value(group, nowMs, 0.1);
          check(`${name} of ${place}`, found[2 * place] as number, wanted, tolerance);
        }
        const rest = events.filter(({ bucket }) => !ranked.slice(0, 2).some((one) => one.name === bucket));
        // Parts that interleave in time are no earlier and later ones.
        if (isOrdered !== true)
          check(`${name} of others`, found[4] as number, value(rest, nowMs, 0.1), tolerance);
        check('dropped', found[5] as number, rest.length);
      }
    }),
    { numRuns: 60 },
  );
  t.pass('all equal');
});

t.test('however many buckets there are, all events are counted', async (t) => {
  const { parts } = count({ over, bucketBy: 'c', buckets: { top: 2 } });
  const driven = new OneRowView(Object.values(parts), 0);
  for (let i = 0; i < 1_000; i++) driven.update('k', i / 10, { c: i % 3 === 0 ? 5_000 : i });
  const [first, second, , , other, dropped] = driven.read('k', 99.9);
  t.same(Object.keys(parts), ['1', '2', '1_bucket', '2_bucket', 'other', 'dropped']);
  t.equal(first, 334);
  t.equal((second ?? 0) + (other ?? 0), 666);
  t.equal(other, dropped);
  t.ok(driven.serialize('k').length < 8 * 400);
});

t.test('what a topology declares', async (t) => {
  const food = mean('amount', { over, bucketBy: 'category', buckets: ['food', 'fuel'] });
  const top = sum('amount', { over, bucketBy: 'category', buckets: { top: 1 } });
  const spread = quantiles('amount', { over, at: { p50: 0.5 }, bucketBy: 'category', buckets: ['food'] });
  const large = share('amount', above(3), { over, bucketBy: 'category', buckets: ['food'] });
  const latest = lastK('amount', { over, k: 1, bucketBy: 'category', buckets: ['food'] });
  const stage = features({ views: { card: view(['card'], { food, top, spread, large, latest }) } });
  t.same(
    stage.features.map(({ name, kind }) => `${name} ${kind}`),
    [
      ...['food_food', 'food_fuel', 'food_other', 'food_dropped', 'top_1'].map(
        (name) => `card.${name} numeric`,
      ),
      'card.top_1_bucket categorical',
      ...[
        'top_other',
        'top_dropped',
        'spread_food_p50',
        'spread_other_p50',
        'spread_dropped',
        'large_food',
        'large_other',
        'large_dropped',
        'latest_food_1',
        'latest_food_dropped',
        'latest_other_1',
        'latest_other_dropped',
        'latest_dropped',
      ].map((name) => `card.${name} numeric`),
    ],
  );
  t.same([...food.reads], ['amount: number', 'category: string']);
});

t.test('aggregates with one accumulator share it by bucket as well', async (t) => {
  const buckets = { bucketBy: 'c', buckets: ['x'] } as const;
  const both = [
    mean('v', { over, ...buckets }),
    sum('v', { over, ...buckets }),
    mean('v', { over, ...buckets }),
  ];
  const widths = both.map(({ parts }) => Object.values(parts)[0]?.definition.add);
  t.equal(widths[0], widths[2]);
});

t.test('state of buckets by another column is refused', async (t) => {
  const by = (bucketBy: string): Aggregate[] =>
    Object.values(mean('v', { over, bucketBy, buckets: ['x'] }).parts);
  const driven = new OneRowView(by('c'), 0);
  driven.update('k', 5, 1);
  const bytes = driven.serialize('k');
  t.doesNotThrow(() => new OneRowView(by('c'), 0).restore('k', bytes));
  t.throws(() => new OneRowView(by('d'), 0).restore('k', bytes), { code: 'STORE_FAILED' });
});

t.test('buckets that make no sense are refused with an example', async (t) => {
  const problems = (aggregate: AggregateVector | Aggregate): string =>
    partsOf(aggregate, 'x').flatMap(problemsOf).map(problemText).join();
  const given = (buckets: unknown): string =>
    // @ts-expect-error -- a topology may be JavaScript
    problems(mean('v', { over, bucketBy: 'c', buckets }));
  t.match(given([]), 'it lists 0 buckets: give 1 to 64');
  t.match(given(['a', 'a']), "'a' is listed twice");
  t.match(given(['other']), "'other' is what the feature of the other buckets is named");
  t.match(given([3]), '[0]: 3 is no text');
  t.match(given({ top: 33 }), 'from 1 to 32');
  t.match(given({ most: 3 }), 'give [');
  // @ts-expect-error -- it is missing
  t.match(problems(mean('v', { over, bucketBy: 'c' })), "buckets: it is missing: give ['food', 'fuel'], say");
  // @ts-expect-error -- it is missing
  t.match(problems(mean('v', { over, buckets: ['a'] })), 'bucketBy: it is missing');
  t.match(
    problems(quantiles('v', { over, at: { p: 0.5 }, buckets: { top: 32 }, bucketBy: 'c' })),
    'give fewer buckets or a smaller aggregate, 4096 slots at most',
  );
  const named = (buckets: readonly string[] | { top: number }, at: Record<string, number>): string =>
    problems(quantiles('v', { over, at, buckets, bucketBy: 'c' }));
  t.match(named(['a', 'a_b'], { c: 0.5, b_c: 0.9 }), "two of its features are named 'a_b_c'");
  t.match(named({ top: 2 }, { bucket: 0.5 }), "two of its features are named '1_bucket'");
  t.equal(named(['a', 'a_b'], { c: 0.5, d: 0.9 }), '');
  t.match(problems(interArrivalStd({ over, bucketBy: 'c', buckets: { top: 2 } })), 'list the buckets');
  t.equal(problems(interArrivalStd({ over, bucketBy: 'c', buckets: ['a'] })), '');
  t.equal(problems(interArrivalMean({ over, bucketBy: 'c', buckets: { top: 2 } })), '');
});

t.test('what a key had by another column, or in other buckets, is not taken for its own', async (t) => {
  const viewOf = (bucketBy: string, buckets: readonly string[]): OneRowView =>
    new OneRowView(Object.values(count({ over, bucketBy, buckets }).parts), 0);
  const view = viewOf('shop', DECLARED);
  view.update('k', 1, stringHash('a'));
  const bytes = view.serialize('k');
  t.doesNotThrow(() => viewOf('shop', DECLARED).restore('k', bytes));
  t.throws(() => viewOf('kind', DECLARED).restore('k', bytes), { code: 'STORE_FAILED' });
  t.throws(() => viewOf('shop', ['a', 'c']).restore('k', bytes), { code: 'STORE_FAILED' });
});
