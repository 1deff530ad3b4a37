// Which inputs a probe changes, within what, and who steers them.
import t from 'tap';
import {
  binary,
  boolean,
  categorical,
  contract,
  count,
  defineTopology,
  derive,
  double,
  enumeration,
  features,
  hours,
  int,
  integer,
  labels,
  last,
  map,
  mean,
  nullable,
  numberFrom,
  numeric,
  oneOf,
  range,
  score,
  sliding,
  source,
  string,
  subtract,
  timestamp,
  view,
} from '../../src/index.ts';
import { categoryCode } from '../../src/core/murmur2.ts';
import { probeInputs } from '../../src/topology/probe-inputs.ts';

const over = sliding(hours(1));
const columns = {
  id: string,
  card: string,
  shop: string,
  entry: enumeration(['chip', 'online']),
  amount: double,
  fee: double,
  items: int,
  abroad: boolean,
  ratio: double,
  disputed: nullable(boolean),
  at: timestamp,
};

const topology = defineTopology(source('payments', { schema: columns, eventTime: 'at' }), {
  stages: [
    contract([
      range('amount', 0, 500),
      range('amount', 1, 900, { where: { entry: 'chip' } }),
      integer('fee'),
      oneOf('shop', ['a', 'b']),
      range('ratio', 0, 1),
    ]),
    derive({ each: numberFrom(['amount', 'items'], (amount, items) => amount / items) }),
    map({ ratio: numberFrom(['ratio'], (ratio) => ratio * 100) }),
    features({
      fields: {
        amount: numeric('amount'),
        fee: numeric('fee'),
        same: numeric('amount'),
        items: numeric('items'),
        abroad: numeric('abroad'),
        shop: categorical('shop'),
        entry: categorical('entry'),
        each: numeric('each'),
        ratio: numeric('ratio'),
        card: categorical('card'),
      },
      views: {
        card: view(['card'], {
          count_1h: count({ over }),
          amount_1h: mean('amount', { over }),
          disputed_1h: mean('disputed', { over }),
          each_1h: last('each', { over }),
        }),
      },
      derived: { growth: subtract('amount', 'card.amount_1h') },
    }),
    score({ key: 'id' }),
    labels({ key: 'id', task: binary({ column: 'disputed' }) }),
  ],
});

const stage = topology.features;
if (stage === null) throw new Error('it has features');

t.test('within contract and types', (t) => {
  const { inputs, follow } = probeInputs(topology, stage, null);
  const byName = Object.fromEntries(inputs.map((input) => [input.features[0], input]));
  t.match(byName['amount'], {
    features: ['amount', 'same'],
    at: [0, 2],
    range: { low: 1, high: 500 },
    isWhole: false,
  });
  t.match(byName['fee'], { range: { low: -Infinity, high: Infinity }, isWhole: true });
  t.match(byName['items'], { isWhole: true });
  t.match(byName['abroad'], { range: { low: 0, high: 1 }, isWhole: true });
  t.match(byName['shop'], { kind: 'categorical', categories: ['a', 'b'].map((text) => categoryCode(text)) });
  t.match(byName['entry'], { categories: ['chip', 'online'].map((text) => categoryCode(text)) });
  t.match(byName['each'], { range: null, columns: ['amount', 'items'], steering: 'event' });
  t.match(
    byName['ratio'],
    { range: null, columns: ['ratio'] },
    'the contract is about the column before it was mapped',
  );
  const vectors = new Float32Array(2 * 15);
  vectors[15] = 7;
  vectors[15 + 11] = 4;
  follow(vectors, 15);
  t.equal(vectors[15 + 14], 3, 'what is derived follows');
  t.equal(inputs.flatMap(({ at }) => at).length, 14, 'each feature but what is derived is of one input');
  t.end();
});

t.test('the sender has neither keys nor labels nor the time, unless an operator says so', (t) => {
  const steering = (given: readonly string[] | null): Record<string, string> =>
    Object.fromEntries(
      probeInputs(topology, stage, given).inputs.map((input) => [input.features[0] ?? '', input.steering]),
    );
  t.same(probeInputs(topology, stage, null).columns, [
    'amount',
    'fee',
    'items',
    'abroad',
    'shop',
    'entry',
    'ratio',
  ]);
  t.match(steering(null), {
    amount: 'event',
    each: 'event',
    card: 'none',
    'card.count_1h': 'window',
    'card.amount_1h': 'window',
    'card.each_1h': 'window',
    'card.disputed_1h': 'none',
  });
  t.match(steering(['card', 'items']), {
    amount: 'none',
    each: 'event',
    card: 'event',
    'card.count_1h': 'window',
    'card.amount_1h': 'none',
    'card.each_1h': 'window',
  });
  t.throws(() => probeInputs(topology, stage, ['id']), {
    code: 'CONFIG_INVALID',
    message: /'id' enters no feature/,
  });
  t.end();
});
