// A whole topology through the driver: every stage, with figures that were calculated manually.
import t from 'tap';
import { hours, minutes, type Topology } from '../../src/index.ts';
import { categoryCode } from '../../src/core/murmur2.ts';
import { FLAG_CONTRACT_DEFAULTED, FLAG_FALLBACK } from '../../src/core/blocks.ts';
import { fakeScorer, TopologyDriver, type Row } from '../../src/testing/index.ts';
import { order, ordersSchema, ordersTopology, payment } from '../support/orders.ts';

const orders: Topology = ordersTopology();
const schema = ordersSchema;

t.test('windows, fields and derived features of each scored event', async (t) => {
  const driver = new TopologyDriver(orders, { schema });
  await driver.send([
    order('1', 'ann', 10, 0),
    order('2', 'bob', 20, minutes(1)),
    order('3', 'ann', 90, minutes(2)),
  ]);
  await driver.send([order('4', 'ann', 30, minutes(70))]);
  t.match(driver.predictions, [
    {
      key: '1',
      features: { amount: 10, user: categoryCode('ann'), 'user.orders_1h': 1, 'user.amount_1h': 10 },
    },
    { key: '2', features: { 'user.orders_1h': 1, 'user.amount_1h': 20, others_1h: 11 } },
    { key: '3', features: { amount: 90, 'user.orders_1h': 2, 'user.amount_1h': 30, others_1h: 47 } },
    { key: '4', features: { 'user.orders_1h': 1, 'user.amount_1h': 30 } },
  ]);
  t.ok(
    driver.predictions.every((p) => p.score === 0.25 && p.flags === FLAG_FALLBACK && p.version === 'none'),
  );
  t.same(driver.boundariesMs, [hours(1)], 'there is a boundary between the batches');
  t.equal(driver.watermarkMs, minutes(70));
});

t.test('a model takes over exactly at a barrier, and predictions fall back if it fails', async (t) => {
  const width = orders.features?.features.length ?? 0;
  const driver = new TopologyDriver(orders, {
    schema,
    model: fakeScorer('v1', width, (f) => (f[0] as number) / 100),
  });
  await driver.send([order('1', 'ann', 10, 0)]);
  await driver.barrier(
    fakeScorer('v2', width, () => {
      throw new Error('no GPU');
    }),
  );
  await driver.send([order('2', 'ann', 20, 1)]);
  await driver.barrier(fakeScorer('v3', width, () => Number.NaN));
  await driver.send([order('3', 'ann', 20, 2)]);
  t.match(driver.predictions, [
    { version: 'v1', flags: 0 },
    { version: 'none', score: 0.25, flags: FLAG_FALLBACK },
    { version: 'v3', score: 0.25, flags: FLAG_FALLBACK },
  ]);
  t.ok(Math.abs((driver.predictions[0]?.score ?? 0) - 0.1) < 1e-6);
  t.equal(driver.telemetry.counts.get('prediction_fallbacks_total'), 2);
});

t.test('contract: each violation is counted by rule and has its declared consequence', async (t) => {
  const driver = new TopologyDriver(orders, { schema });
  await driver.send([
    order('1', null, 10, 0),
    { ...order('2', 'ann', 10, 0), type: 'refund' },
    order('3', 'ann', 5_000, 0),
    { type: 'payment', id: '9', event: 'p-9', paid: 1, at: 0 },
    { type: 'payment', id: '9', event: 'p-10', paid: 1, at: 0 },
  ]);
  t.match(driver.deadLetters, [
    { code: 'CONTRACT_NULL', row: { id: '1' } },
    { code: 'CONTRACT_CATEGORY', row: { type: 'refund' } },
  ]);
  t.match(driver.predictions, [
    { key: '3', flags: FLAG_FALLBACK | FLAG_CONTRACT_DEFAULTED, features: { amount: null } },
  ]);
  t.equal(driver.telemetry.counts.get('contract_violations_total'), 3);
  t.equal(driver.telemetry.counts.get('labels_unmatched_total'), 1, 'the first of two waits');
});

t.test('duplicates are dropped within the time, late events go to the late output', async (t) => {
  const driver = new TopologyDriver(orders, { schema });
  await driver.send([order('1', 'ann', 10, 0), order('1', 'ann', 10, 5), order('2', 'ann', 10, minutes(30))]);
  await driver.send([order('3', 'ann', 10, minutes(24)), order('4', 'ann', 10, minutes(26))]);
  await driver.send([order('1', 'ann', 10, minutes(62))]);
  t.same(
    driver.predictions.map((p) => p.key),
    ['1', '2', '4', '1'],
  );
  t.equal(driver.duplicates, 1);
  t.match(driver.late, [{ id: '3' }]);
});

t.test('labels: joined, never and timed out, each once', async (t) => {
  const driver = new TopologyDriver(orders, { schema });
  await driver.send(['1', '2', '3', '4'].map((id) => order(id, 'ann', 10, 0)));
  await driver.send([
    payment('1', 1, minutes(1)),
    payment('2', 0, minutes(1)),
    { type: 'withdrawn', id: '3', event: 'w-3', at: minutes(1) },
    { ...payment('1', 1, minutes(2)), event: 'p-1-again' },
  ]);
  await driver.send([payment('x', 1, minutes(125))]);
  await driver.send([payment('y', 1, minutes(140))]);
  t.same(
    driver.labels.map(({ key, label }) => [key, label]),
    [
      ['1', 1],
      ['2', 0],
      ['3', null],
      ['4', null],
    ],
  );
});

t.test('the result does not depend on how events are batched', async (t) => {
  const rows: Row[] = [];
  for (let i = 0; i < 400; i++) {
    const at = minutes(i) - (i % 7 === 0 ? minutes(i % 11) : 0);
    rows.push(order(String(i), i % 3 === 0 ? 'ann' : 'bob', i % 60, at));
    if (i % 2 === 0) rows.push(payment(String(i - 40), i % 4, minutes(i)));
    if (i % 13 === 0) rows.push(order(String(i), 'ann', 1, at));
  }
  const width = orders.features?.features.length ?? 0;
  const run = async (size: number): Promise<TopologyDriver> => {
    const driver = new TopologyDriver(orders, {
      schema,
      model: fakeScorer('v1', width, (f) =>
        Math.tanh(f.reduce((a, b) => a + (Number.isNaN(b) ? 1 : b), 0) / 1e7),
      ),
    });
    for (let from = 0; from < rows.length; from += size) await driver.send(rows.slice(from, from + size));
    return driver;
  };
  const one = await run(1);
  for (const size of [2, 7, 100, rows.length]) {
    const other = await run(size);
    t.same(other.predictions, one.predictions, `batches of ${size}`);
    t.same(other.late, one.late);
    t.equal(other.duplicates, one.duplicates);
    t.same(other.boundariesMs, one.boundariesMs);
    const order = (a: { key: string }, b: { key: string }): number => a.key.localeCompare(b.key);
    t.same([...other.labels].sort(order), [...one.labels].sort(order));
  }
  t.ok(one.late.length > 0 && one.duplicates > 0 && one.labels.some(({ label }) => label === null));
});
