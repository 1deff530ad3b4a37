// Expressions and rules with state on a whole engine: crashes change neither what is set aside nor what is flagged.
import t from 'tap';
import {
  categorical,
  contract,
  count,
  defineTopology,
  derive,
  divide,
  double,
  features,
  greater,
  hourOf,
  hours,
  mean,
  minutes,
  monotonic,
  nullable,
  nullShare,
  numeric,
  score,
  sliding,
  source,
  std,
  string,
  text,
  timestamp,
  view,
  volume,
  zScore,
} from '../../src/index.ts';
import { EmbeddedRun, TopologyDriver } from '../../src/testing/index.ts';

const over = sliding(hours(1));
const topology = defineTopology(
  source('payments', {
    schema: {
      id: string,
      email: nullable(string),
      amount: double,
      limit: double,
      sequence: double,
      at: timestamp,
    },
    eventTime: 'at',
    partitions: 1,
  }),
  {
    stages: [
      contract([
        monotonic('sequence', { by: ['email'] }),
        volume({ perMinute: [0, 5], otherwise: 'flag' }),
        nullShare('email', { most: 0.15, rowsMin: 3, over: minutes(1), otherwise: 'dead-letter' }),
      ]),
      derive({
        ratio: divide('amount', 'limit'),
        hour: hourOf('at', { zone: 'Asia/Kolkata' }),
        domain: text.after('email', '@'),
      }),
      features({
        fields: {
          amount: numeric('amount'),
          ratio: numeric('ratio'),
          hour: numeric('hour'),
          domain: categorical('domain'),
        },
        views: {
          domain: view(['domain'], {
            n: count({ over, where: greater('ratio', 1) }),
            mean: mean('amount', { over }),
            std: std('amount', { over }),
          }),
        },
        derived: { unusual: zScore('amount', 'domain.mean', 'domain.std') },
      }),
      score({ key: 'id' }),
    ],
  },
);

/** Some steps are short, so that minutes differ in volume; some numbers fall. */
const rows = Array.from({ length: 300 }, (_, i) => ({
  id: String(i),
  email: i % 7 === 0 ? null : `u${i % 5}@d${i % 3}.com`,
  amount: (i * 37) % 100,
  limit: (i * 13) % 50,
  sequence: i % 41 === 0 ? 0 : i,
  at: Date.UTC(2026, 0, 1) + 9_000 * i + (i % 60 < 30 ? 4_000 * (i % 30) : 0),
}));

t.test('predictions and their flags', async (t) => {
  const driver = new TopologyDriver(topology);
  await driver.send(rows);
  const run = await EmbeddedRun.start(topology);
  t.teardown(() => run.stop());
  for (let from = 0; from < rows.length; from += 50) {
    await run.send(rows.slice(from, from + 50));
    if (from % 100 === 0) await run.committed();
    await run.crash();
    await run.restart();
  }
  await run.committed();
  const found = (await run.predictions()).map(({ key, flags }) => `${key} ${flags}`);
  t.same(
    found,
    driver.predictions.map(({ key, flags }) => `${key} ${flags}`),
  );
  t.ok(new Set(found.map((one) => one.split(' ')[1])).size > 1, 'some are flagged');
  t.ok(found.length < rows.length, 'some events are set aside');
});
