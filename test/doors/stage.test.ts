// Stages that are written outside src: one with keyed state, and the short forms for those without.
import fc from 'fast-check';
import t from 'tap';
import {
  above,
  count,
  days,
  dedupe,
  defineTopology,
  derive,
  double,
  features,
  filter,
  hours,
  map,
  minutes,
  nullable,
  numberFrom,
  numeric,
  rowsWhere,
  score,
  sliding,
  source,
  string,
  stringFrom,
  text,
  timestamp,
  view,
  watermarks,
  type Topology,
} from 'millrace';
import { EmbeddedRun, fakeScorer, TopologyDriver, type Row } from 'millrace/testing';
import { spending } from './spending.ts';

const REST_MS = hours(6);

const payments = source('payments', {
  schema: { id: string, card: nullable(string), shop: nullable(string), amount: double, at: timestamp },
  eventTime: 'at',
});

/** Barriers may be inside a batch for the state of `early`, but not for that of `late`. */
const topology: Topology = defineTopology(payments, {
  stages: [
    filter('plausible', { amount: above(0) }),
    map({ amount: numberFrom(['amount'], (amount) => Math.min(amount, 1_000)) }),
    spending('early', REST_MS),
    dedupe({ by: ['id'], withinMs: days(1) }),
    watermarks({ allowedLatenessMs: minutes(30) }),
    derive({
      till: stringFrom([text('card'), text('shop')], (card, shop) => card && shop && `${card} at ${shop}`),
      excess: numberFrom(['amount', 'spentBefore'], (amount, before) => amount - before),
    }),
    filter(
      'not-cash',
      rowsWhere([text('shop')], (shop) => shop !== 'bank'),
    ),
    features({
      fields: { excess: numeric('excess'), before: numeric('paymentsBefore') },
      views: { till: view(['till'], { visits: count({ over: sliding(hours(4)) }) }) },
    }),
    score({ key: 'id' }),
  ],
  control: { everyMs: hours(2), mode: 'live' },
});
const model = fakeScorer('v1', 3, ([excess = 0, before = 0, visits = 0]) => excess + 10 * before + visits);

const event = fc.record({
  card: fc.constantFrom('a', 'b', 'c', 'd', 'e', null),
  shop: fc.constantFrom('x', 'y', 'bank', null),
  amount: fc.integer({ min: -2, max: 40 }),
  stepMs: fc.oneof(fc.integer({ min: 0, max: minutes(20) }), fc.constant(hours(3)), fc.constant(hours(8))),
  behindMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: minutes(45) })),
});

/** Events in log order; every seventh is sent twice. */
function rowsOf(events: readonly (typeof event extends fc.Arbitrary<infer T> ? T : never)[]): Row[] {
  let nowMs = days(100);
  const rows = events.map(({ card, shop, amount, stepMs, behindMs }, i): Row => {
    nowMs += stepMs;
    return { id: `p${i}`, card, shop, amount, at: nowMs - behindMs };
  });
  return rows.flatMap((row, i) => (i % 7 === 6 ? [row, row] : [row]));
}

const step = fc.record({
  rows: fc.integer({ min: 1, max: 9 }),
  after: fc.constantFrom('nothing', 'nothing', 'barrier', 'restart', 'loss'),
});

interface Left {
  readonly predictions: unknown;
  readonly rows: unknown;
  readonly late: unknown;
  readonly boundariesMs: unknown;
}

async function run(
  rows: readonly Row[],
  steps: ReadonlyArray<typeof step extends fc.Arbitrary<infer T> ? T : never>,
  hotKeysMax: number,
): Promise<Left> {
  const driver = new TopologyDriver(topology, { model, hotKeysMax });
  for (let at = 0, i = 0; at < rows.length; i++) {
    const { rows: size, after } = steps[i % steps.length] as (typeof steps)[number];
    await driver.send(rows.slice(at, at + size));
    at += size;
    if (after === 'barrier') await driver.barrier();
    if (after === 'restart') await driver.restart();
    if (after === 'loss') await driver.loseState();
  }
  const { predictions, late, boundariesMs } = driver;
  return { predictions, rows: driver.rows, late, boundariesMs };
}

t.test('property: outputs do not depend on batches, restarts, evictions or lost state', async (t) => {
  let scored = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { minLength: 10, maxLength: 60, size: 'max' }),
      fc.array(step, { minLength: 1, maxLength: 12 }),
      fc.constantFrom(1, 2, 1_000),
      async (events, steps, hotKeysMax) => {
        const rows = rowsOf(events);
        const calm = await run(rows, [{ rows: 1_000, after: 'nothing' }], 1_000);
        const driven = await run(rows, steps, hotKeysMax);
        scored += (calm.predictions as unknown[]).length;
        t.strictSame(driven, calm);
        if (!t.passing()) throw new Error('see above');
      },
    ),
    { seed: 3, numRuns: 120, endOnFailure: true },
  );
  t.ok(scored > 2_000, `${scored} predictions`);
});

t.test('its columns have what a card has spent, and later stages use them', async (t) => {
  const driver = new TopologyDriver(topology, { model });
  const pay = (id: string, card: string | null, amount: number, at: number): Row => ({
    id,
    card,
    shop: 'x',
    amount,
    at,
  });
  await driver.send([
    pay('1', 'a', 30, 0),
    pay('2', 'a', 5_000, 1),
    pay('3', 'b', 7, 2),
    pay('4', 'a', 20, 3),
    pay('5', null, 20, 4),
    pay('6', 'a', -3, 5),
    pay('7', 'a', 1, 3 + REST_MS),
  ]);
  t.match(driver.rows, [
    { id: '1', amount: 30, spentBefore: 0, paymentsBefore: 0, till: 'a at x', excess: 30 },
    { id: '2', amount: 1_000, spentBefore: 30, paymentsBefore: 1, excess: 970 },
    { id: '3', spentBefore: 0 },
    { id: '4', spentBefore: 1_030, paymentsBefore: 2 },
    { id: '5', spentBefore: 0, till: null },
    { id: '7', spentBefore: 0, paymentsBefore: 0 },
  ]);
  t.equal(driver.filtered, 1, 'a payment with a negative amount');
  t.match(
    driver.predictions.map(({ key, features }) => [key, features['till.visits']]),
    [
      ['1', 1],
      ['2', 2],
      ['3', 1],
      ['4', 3],
      ['5', 0],
      ['7', 1],
    ],
  );
});

t.test('on a whole engine, through crashes, each prediction is the same and there once', async (t) => {
  const rows = Array.from({ length: 300 }, (_, i): Row => {
    const card = i % 11 === 0 ? null : `card-${i % 7}`;
    return { id: `p${i}`, card, shop: i % 13 === 0 ? 'bank' : 'x', amount: (i % 5) - 1, at: minutes(i * 7) };
  });
  const driver = new TopologyDriver(topology, { model });
  await driver.send(rows);
  const run = await EmbeddedRun.start(topology, { model });
  for (const [i, from] of [0, 90, 200].entries()) {
    await run.send(rows.slice(from, [90, 200, 300][i]));
    if (i === 1) await run.committed();
    await run.crash();
    await run.restart();
  }
  await run.committed();
  const predictions = await run.predictions();
  t.ok(predictions.length > 150);
  t.strictSame(
    predictions.map(({ key, score }) => [key, score]),
    driver.predictions.map(({ key, score }) => [key, score]),
  );
  t.equal(run.telemetry.counts.has('events_filtered_total'), true);
  await run.stop();
});

t.test('state is in the store under the id of its stage', async (t) => {
  const driver = new TopologyDriver(topology);
  await driver.send([{ id: '1', card: 'a', shop: 'x', amount: 30, at: hours(1) }]);
  await driver.barrier();
  t.same(driver.delta.puts.map(({ key }) => key).sort(), ['early:a', 'features:till=a at x']);
  const own = driver.delta.puts.find(({ key }) => key === 'early:a');
  t.equal(Buffer.from(own?.state.subarray(8) ?? []).toString(), '{"spent":30,"payments":1}');
  t.match(own, { eventTimeMs: hours(1), ttlMs: REST_MS + minutes(30) });
  await driver.barrier();
  t.same(driver.delta.puts, [], 'unchanged state is not written again');
});
