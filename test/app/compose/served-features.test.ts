// Features as a reader of the online store sees them: computed from the windows as of an instant, so that they age.
import t from 'tap';
import { SqliteStateStores } from '../../../src/adapters/embedded/state-store.ts';
import { servedFeatures } from '../../../src/app/compose/served-features.ts';
import {
  count,
  defineTopology,
  double,
  features,
  hours,
  last,
  mean,
  minutes,
  score,
  sliding,
  source,
  string,
  timestamp,
  tumbling,
  view,
  watermarks,
  type Topology,
} from '../../../src/index.ts';
import { TopologyDriver } from '../../../src/testing/index.ts';

const NOW = Date.UTC(2026, 4, 1, 12);
const topology: Topology = defineTopology(
  source('payments', {
    schema: { id: string, card: string, merchant: string, amount: double, at: timestamp },
    eventTime: 'at',
    partitions: 2,
  }),
  {
    stages: [
      watermarks({ allowedLatenessMs: minutes(10) }),
      features({
        views: {
          card: view(['card'], {
            payments_1h: count({ over: sliding(hours(1)) }),
            mean_1h: mean('amount', { over: sliding(hours(1)) }),
            last_24h: last('amount', { over: sliding(hours(24)) }),
          }),
          'card-merchant': view(['card', 'merchant'], { before: count({ over: tumbling(hours(1)) }) }),
        },
      }),
      score({ key: 'id', fallback: 0.5 }),
    ],
  },
);

/** Commits what the driver's events leave, as the task of partition 1 does. */
async function storeOf(
  events: ReadonlyArray<{ readonly card: string; readonly amount: number; readonly at: number }>,
): Promise<SqliteStateStores> {
  const driver = new TopologyDriver(topology);
  await driver.send(events.map((event, i) => ({ ...event, merchant: 'm|1', id: String(i) })));
  await driver.barrier();
  const stores = new SqliteStateStores({ path: ':memory:' });
  const store = stores.open(topology.name, { topic: 'payments', partition: 1 });
  await store.restore(1);
  const { watermarkMs, delta } = driver;
  await store.commit({ epoch: 1, offsetNext: events.length, watermarkMs, modelVersion: 'none' }, delta);
  return stores;
}

t.test('a card that was idle for hours shows empty windows, and says so', async (t) => {
  const stores = await storeOf([
    { card: 'a', amount: 7, at: NOW - hours(14) },
    { card: 'b', amount: 9, at: NOW - minutes(1) },
  ]);
  t.teardown(() => stores.close());
  const read = servedFeatures(topology, { stores }, () => NOW);
  t.same(await read('payments', 'card=a'), {
    values: { payments_1h: 0, mean_1h: null, last_24h: 7 },
    eventTimeMs: NOW - hours(14),
    asOfMs: NOW,
    status: 'fresh',
    expired: false,
  });
  t.match(await read('payments', 'card=b'), { values: { payments_1h: 1, mean_1h: 9 }, status: 'fresh' });
  const later = servedFeatures(topology, { stores }, () => NOW + hours(11));
  t.match(await later('payments', 'card=a'), {
    values: { payments_1h: 0, mean_1h: null, last_24h: null },
    status: 'expired',
    expired: true,
  });
  t.match(await later('payments', 'card=b'), { values: { payments_1h: 0, last_24h: 9 }, status: 'fresh' });
});

t.test('as of an instant, which the allowed lateness bounds', async (t) => {
  const stores = await storeOf([
    { card: 'a', amount: 1, at: NOW - minutes(30) },
    { card: 'a', amount: 3, at: NOW },
  ]);
  t.teardown(() => stores.close());
  const read = servedFeatures(topology, { stores }, () => NOW + minutes(5));
  t.match(await read('payments', 'card=a', NOW), { values: { payments_1h: 2 }, asOfMs: NOW });
  t.match(await read('payments', 'card=a', NOW - minutes(5)), { values: { payments_1h: 1, last_24h: 1 } });
  t.match(await read('payments', 'card=a', 0), { asOfMs: NOW - minutes(10) });
  t.match(await read('payments', 'card=a', NOW + minutes(45)), { values: { payments_1h: 1, mean_1h: 3 } });
  t.match(await read('payments', 'card-merchant=a|m\\|1', NOW + hours(1)), { values: { before: 1 } });
});

t.test('the present of a replay of the past is its watermark', async (t) => {
  const past = Date.UTC(2013, 0, 1);
  const stores = await storeOf([
    { card: 'a', amount: 1, at: past },
    { card: 'b', amount: 1, at: past + hours(30) },
  ]);
  t.teardown(() => stores.close());
  const read = servedFeatures(topology, { stores }, () => NOW);
  t.match(await read('payments', 'card=b'), { values: { payments_1h: 1 }, asOfMs: past + hours(30) });
  t.match(await read('payments', 'card=a'), { values: { payments_1h: 0 }, status: 'expired' });
  const gone = await storeOf([
    { card: 'a', amount: 1, at: past },
    { card: 'b', amount: 1, at: past + hours(72) },
  ]);
  t.teardown(() => gone.close());
  t.equal(await servedFeatures(topology, { stores: gone }, () => NOW)('payments', 'card=a'), null);
});

t.test('what there is not', async (t) => {
  const stores = await storeOf([{ card: 'a', amount: 1, at: NOW }]);
  t.teardown(() => stores.close());
  const read = servedFeatures(topology, { stores }, () => NOW);
  for (const key of ['card=z', 'card', '=a', 'toString=a', 'merchant=m'])
    t.equal(await read('payments', key), null, key);
  t.equal(await read('orders', 'card=a'), null);
});
