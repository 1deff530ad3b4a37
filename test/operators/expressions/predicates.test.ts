// Expressions as predicates: of aggregates, of the scored events, of rules; and functions that throw there.
import t from 'tap';
import {
  binary,
  contract,
  count,
  defineTopology,
  derive,
  double,
  features,
  filter,
  greater,
  isNull,
  labels,
  less,
  nullable,
  numberFrom,
  numeric,
  range,
  required,
  rowsWhere,
  score,
  sliding,
  source,
  string,
  text,
  timestamp,
  view,
  type Expression,
} from '../../../src/index.ts';
import { TopologyDriver, type Row } from '../../../src/testing/index.ts';

const orders = source('orders', {
  schema: { id: string, amount: nullable(double), limit: double, note: nullable(string), at: timestamp },
  eventTime: 'at',
});
const over = sliding(60_000);

/** The same source text for each bound: what it captures differs. */
function atLeast(bound: number): Expression<'amount: number', 'boolean'> {
  return rowsWhere(['amount'], (amount) => amount >= bound);
}

const rows: Row[] = [
  { id: 'a', amount: 1, limit: 5, note: 'x', at: 0 },
  { id: 'a', amount: 9, limit: 5, note: null, at: 1 },
  { id: 'a', amount: null, limit: 5, note: 'xy', at: 2 },
  { id: 'a', amount: 5, limit: 9, note: 'y', at: 3 },
];

t.test('each predicate selects its own rows', async (t) => {
  const topology = defineTopology(orders, {
    stages: [
      features({
        when: text.startsWith('note', 'y'),
        fields: { amount: numeric('amount') },
        views: {
          id: view(['id'], {
            all: count({ over }),
            above: count({ over, where: greater('amount', 'limit') }),
            from5: count({ over, where: atLeast(5) }),
            from9: count({ over, where: atLeast(9) }),
            unknown: count({ over, where: isNull('amount') }),
          }),
        },
      }),
      score({ key: 'id' }),
      labels({ key: 'id', when: less('amount', 0), task: binary({ column: 'amount' }) }),
    ],
  });
  const driver = new TopologyDriver(topology);
  await driver.send(rows);
  t.match(
    driver.predictions.map(({ features: found }) => found),
    [{ 'id.all': 4, 'id.above': 1, 'id.from5': 2, 'id.from9': 1, 'id.unknown': 1 }],
  );
});

t.test('a rule for some events alone', async (t) => {
  const topology = defineTopology(orders, {
    stages: [contract([required('note', { where: greater('amount', 'limit') }), range('amount', 0, 8)])],
  });
  const driver = new TopologyDriver(topology);
  await driver.send(rows);
  t.match(driver.deadLetters, [{ code: 'CONTRACT_NULL' }]);
});

t.test('a row for which a function of a predicate throws is not selected, and reported', async (t) => {
  const risky = rowsWhere([text('note')], (note) => {
    if (note === 'xy') throw new Error('never xy');
    return true;
  });
  const topology = defineTopology(orders, {
    stages: [
      features({
        fields: { amount: numeric('amount') },
        views: { id: view(['id'], { n: count({ over, where: risky }) }) },
      }),
      score({ key: 'id' }),
    ],
  });
  const driver = new TopologyDriver(topology);
  await driver.send(rows);
  t.same(
    driver.predictions.map(({ features: found }) => found['id.n']),
    [1, 2, 2, 3],
  );
  t.same(driver.deadLetters, []);
  t.ok(driver.telemetry.conditions.has('function_failed orders features'));
});

t.test('a derived feature whose function throws is missing', async (t) => {
  const topology = defineTopology(orders, {
    stages: [
      features({
        fields: { amount: numeric('amount') },
        derived: {
          half: numberFrom(['amount'], (amount) => {
            if (amount === 9) throw new Error('never 9');
            return amount / 2;
          }),
        },
      }),
      score({ key: 'id' }),
    ],
  });
  const driver = new TopologyDriver(topology);
  await driver.send(rows);
  t.same(
    driver.predictions.map(({ features: found }) => found['half']),
    [0.5, null, null, 2.5],
  );
  t.ok(driver.telemetry.conditions.has('function_failed orders features'));
});

t.test('a row that fails within a condition passes no filter', async (t) => {
  const risky = numberFrom([text('note')], (note) => {
    if (note === 'xy') throw new Error('never xy');
    return 1;
  });
  const topology = defineTopology(orders, {
    stages: [filter(isNull(risky)), derive({ twice: numberFrom(['amount'], (amount) => 2 * amount) })],
  });
  const driver = new TopologyDriver(topology);
  await driver.send(rows);
  t.match(driver.deadLetters, [{ code: 'STAGE_FAILED' }]);
  t.equal(driver.filtered, 3);
});
