// Two targets of a topology with views of another key: the parts that compute those features run once, and every target has them.
import t from 'tap';
import { openFormat } from '../../../src/app/compose/adapters.ts';
import { RunningTopology } from '../../../src/app/compose/running-topology.ts';
import { readConfig } from '../../../src/app/settings/config.ts';
import {
  count,
  days,
  defineTopology,
  double,
  features,
  json,
  numeric,
  score,
  sliding,
  source,
  string,
  timestamp,
  view,
  type Topology,
} from '../../../src/index.ts';

t.setTimeout(240_000);

const PARTITIONS = 2;
const EVENTS = 300;
const START_MS = Date.UTC(2026, 0, 1);
/** Longer than all payments take: a feature is a count from the first one on. */
const over = sliding(days(1));

function payments(): Topology {
  return defineTopology(
    source('payments', {
      schema: { id: string, card: string, shop: string, amount: double, at: timestamp },
      eventTime: 'at',
      key: 'card',
      partitions: PARTITIONS,
      format: json(),
    }),
    {
      stages: [
        features({
          fields: { amount: numeric('amount') },
          views: {
            card: view(['card'], { n: count({ over }) }),
            shop: view(['shop'], { n: count({ over }) }),
          },
          services: { shops: ['shop.n'] },
        }),
        score('risk', { key: 'id', fallback: 0.5 }),
        score('spend', { key: 'id', fallback: 0.25, service: 'shops' }),
      ],
    },
  );
}

const rows = Array.from({ length: EVENTS }, (_, i) => ({
  id: String(i),
  card: `card-${(i * 7) % 13}`,
  shop: `shop-${(i * 5) % 9}`,
  amount: i,
  at: START_MS + i * 60_000,
}));

/** Payments at the shop of each one up to it, in the order of time. */
function expectedShops(): number[] {
  const seen = new Map<string, number>();
  return rows.map(({ shop }) => {
    const known = (seen.get(shop) ?? 0) + 1;
    seen.set(shop, known);
    return known;
  });
}

await t.test('answers are of all targets', async (t) => {
  const config = readConfig({ MILLRACE_DATA: t.testdir(), MILLRACE_PORT: '0', MILLRACE_LOG_LEVEL: 'silent' });
  const running = await RunningTopology.start(config, payments(), { eventsInMemory: false, serve: false });
  const { host, adapters, targets } = running;
  t.same(
    targets.map(({ parts }) => parts.length),
    [2, 0],
    'the main target has the parts',
  );
  const encoder = await openFormat(host.topology, adapters.schemas).encoder();
  for (const row of rows)
    await adapters.log.publish('payments', [
      {
        key: Buffer.from(row.card),
        value: Buffer.from(encoder.encode(row)),
        timestampMs: row.at,
        partition: Number(row.card.slice(5)) % PARTITIONS,
      },
    ]);
  running.sourceEnded();
  await running.committed(await adapters.log.offsets('payments'));
  await adapters.history.flush();
  const shops = expectedShops();
  for (const { topology } of targets) {
    const names = topology.features?.features.map(({ name }) => name) ?? [];
    const {
      rowCount,
      width,
      features: values,
    } = await adapters.history.trainingSet({
      topology: topology.name,
      fromMs: 0,
      untilMs: Number.MAX_SAFE_INTEGER,
      rowsMax: 10_000,
      width: names.length,
      isLabelled: false,
    });
    t.equal(rowCount, EVENTS, topology.name);
    const at = names.indexOf('shop.n');
    t.same(
      Array.from({ length: rowCount }, (_, row) => values[row * width + at]),
      shops,
      `${topology.name}: features of the shop`,
    );
  }
  await running.close();
});
