// Booleans as columns: in predicates, and as labels.
import t from 'tap';
import {
  binary,
  boolean,
  count,
  defineTopology,
  features,
  hours,
  labels,
  nullable,
  score,
  sliding,
  source,
  string,
  timestamp,
  view,
} from '../../src/index.ts';
import { TopologyDriver } from '../../src/testing/index.ts';

const payments = source('payments', {
  schema: { id: string, card: string, online: boolean, disputed: nullable(boolean), at: timestamp },
  eventTime: 'at',
});
const topology = defineTopology(payments, {
  stages: [
    features({
      views: {
        card: view(['card'], {
          online: count({ over: sliding(hours(1)), where: { online: true } }),
          inShop: count({ over: sliding(hours(1)), where: { online: false } }),
        }),
      },
    }),
    score({ key: 'id' }),
    labels({ key: 'id', task: binary({ column: 'disputed' }) }),
  ],
});

t.test('true, false and null', async (t) => {
  const driver = new TopologyDriver(topology);
  const event = { card: 'a', at: 0 };
  await driver.send([
    { ...event, id: '1', online: true },
    { ...event, id: '2', online: false },
    { ...event, id: '3', online: true },
    { ...event, id: '1', online: false, disputed: true },
    { ...event, id: '2', online: false, disputed: false },
  ]);
  t.strictSame({ ...driver.predictions[2]?.features }, { 'card.online': 2, 'card.inShop': 1 });
  t.strictSame(
    driver.labels.map(({ key, label }) => [key, label]),
    [
      ['1', 1],
      ['2', 0],
    ],
    'null is no label',
  );
});

t.test('the compiler knows the columns of an event', async (t) => {
  const driver = new TopologyDriver(topology);
  // @ts-expect-error -- online is no string
  await driver.send([{ id: '1', card: 'a', online: 'yes', at: 0 }]);
  t.equal(driver.predictions[0]?.features['card.online'], 0);
});
