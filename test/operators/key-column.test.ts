// Keys of every type: of a view, a prediction, a label, a duplicate.
import t from 'tap';
import type { DictColumn } from '../../src/core/batch.ts';
import {
  binary,
  boolean,
  count,
  dedupe,
  defineTopology,
  double,
  features,
  hours,
  labels,
  long,
  nullable,
  score,
  sliding,
  source,
  string,
  timestamp,
  view,
  watermarks,
} from '../../src/index.ts';
import { EntityKeys } from '../../src/operators/entity-keys.ts';
import { KeyColumn } from '../../src/operators/key-column.ts';
import { RowBatches, TopologyDriver } from '../../src/testing/index.ts';

const schema = {
  amount: { kind: 'number', nullable: true },
  card: { kind: 'string', nullable: true },
  at: { kind: 'number', nullable: true },
} as const;

function textsOf({ codes, dictionary }: DictColumn): Array<string | undefined> {
  return Array.from(codes, (code) => dictionary.decode(code));
}

t.test('a number is the text that JSON has for it', async (t) => {
  const amounts = [25, 0.1, -0, 1e21, 2 ** 53 - 1, null, 25, 1.7e12, true];
  const batch = new RowBatches(schema, 'at').next(amounts.map((amount) => ({ amount, at: 0 })));
  const column = new KeyColumn('amount');
  const texts = column.of(batch);
  t.same(textsOf(texts), [
    '25',
    '0.1',
    '0',
    '1e+21',
    '9007199254740991',
    undefined,
    '25',
    '1700000000000',
    '1',
  ]);
  t.equal(column.of(batch), texts, 'the parts of a stage share the strings of a batch');
});

t.test('numbers and strings together are one key', async (t) => {
  const batch = new RowBatches(schema, 'at').next([
    { card: 'a|b', amount: 1, at: 0 },
    { card: 'a', amount: null, at: 0 },
  ]);
  const keys = new EntityKeys(['card', 'amount']);
  keys.bind(batch);
  t.equal(keys.nameOf(keys.idOf(0)), 'a\\|b|1');
  t.equal(keys.idOf(1), -1);
});

t.test('a dictionary of ever-new numbers is replaced', async (t) => {
  const batches = new RowBatches(schema, 'at');
  const column = new KeyColumn('amount');
  const rows = Array.from({ length: 70_000 }, (_, amount) => ({ amount, at: 0 }));
  const first = column.of(batches.next(rows));
  t.equal(first.dictionary.size, 70_000);
  const second = column.of(batches.next([{ amount: 5, at: 0 }]));
  t.not(second.dictionary, first.dictionary);
  t.same(textsOf(second), ['5']);
});

const orders = source('orders', {
  schema: {
    type: string,
    order: long,
    shop: long,
    web: boolean,
    paidAt: nullable(timestamp),
    returned: nullable(double),
    at: timestamp,
  },
  eventTime: 'at',
});

t.test('a topology with keys that are no strings', async (t) => {
  const topology = defineTopology(orders, {
    stages: [
      dedupe({ by: ['order', 'paidAt'] }),
      watermarks(),
      features({
        when: { type: 'order' },
        views: { shop: view(['shop', 'web'], { orders: count({ over: sliding(hours(1)) }) }) },
      }),
      score({ key: 'order' }),
      labels({ key: 'order', when: { type: 'return' }, task: binary({ column: 'returned' }) }),
    ],
  });
  const driver = new TopologyDriver(topology);
  const order = { type: 'order', order: 1, shop: 7, web: true, paidAt: 5, at: 0 };
  await driver.send([
    order,
    order,
    { ...order, order: 2 },
    { ...order, order: 3, web: false },
    { type: 'return', order: 2, shop: 7, web: true, returned: 1, paidAt: 6, at: 1 },
  ]);
  t.same(
    driver.predictions.map(({ key, features }) => [key, features['shop.orders']]),
    [
      ['1', 1],
      ['2', 2],
      ['3', 1],
    ],
  );
  t.same(
    driver.labels.map(({ key, label }) => [key, label]),
    [['2', 1]],
  );
});
