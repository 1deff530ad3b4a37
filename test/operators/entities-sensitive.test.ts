// Views of other keys over a source with sensitive columns: the vectors of one process that sees all events in order, and
// nothing of what is hidden in the topics between the parts.
import t from 'tap';
import {
  days,
  dedupe,
  defineTopology,
  distinct,
  double,
  features,
  hours,
  json,
  mean,
  nullable,
  numeric,
  count,
  score,
  sliding,
  source,
  string,
  timestamp,
  view,
  type Topology,
} from '../../src/index.ts';
import { murmur2 } from '../../src/core/murmur2.ts';
import type { SinkDefinition } from '../../src/ports/sink.ts';
import { EmbeddedRun, testHash, TopologyDriver } from '../../src/testing/index.ts';
import { collecting } from '../support/card-payments.ts';
import { randomIntegers } from '../support/random-integers.ts';

const PARTITIONS = 4;
const over = sliding(hours(1));

function payments(sinks: readonly SinkDefinition[]): Topology {
  return defineTopology(
    source('payments', {
      schema: {
        id: string,
        card: string,
        merchant: nullable(string),
        email: nullable(string),
        name: string,
        note: string,
        amount: double,
        at: timestamp,
      },
      eventTime: 'at',
      format: json(),
      key: 'card',
      partitions: PARTITIONS,
      sensitive: { card: 'hash', email: 'hash', name: 'encrypt', note: 'drop' },
      entity: 'card',
    }),
    {
      stages: [
        dedupe({ by: ['id'], withinMs: days(1) }),
        features({
          fields: { amount: numeric('amount') },
          views: {
            card: view(['card'], { n: count({ over }) }),
            merchant: view(['merchant'], {
              n: count({ over }),
              cards: distinct('card', { over }),
              amount: mean('amount', { over }),
            }),
            email: view(['email'], { n: count({ over }), cards: distinct('card', { over }) }),
          },
        }),
        score({ key: 'id' }),
      ],
      sinks,
    },
  );
}

void t.test('the vectors of one process, and nothing plain between the parts', async (t) => {
  const integers = randomIntegers(5);
  const start = Date.UTC(2026, 0, 1);
  const once = Array.from({ length: 240 }, (_, i) => ({
    id: `p${i}`,
    card: `4111-CARD-${integers() % 9}`,
    merchant: integers() % 9 === 0 ? null : `m${integers() % 4}`,
    email: integers() % 9 === 0 ? null : `MAIL-${integers() % 5}`,
    name: `NAME-${integers() % 9}`,
    note: `NOTE-${i}`,
    amount: (integers() % 1_000) / 4,
    at: start + i * 20_000,
  }));
  const events = once.flatMap((event, i) => (i % 19 === 7 ? [event, event] : [event]));
  const found = new Map<string, readonly number[]>();
  const run = await EmbeddedRun.start(payments([collecting(found)]));
  for (const [i, event] of events.entries()) {
    await run.send([event], (murmur2(Buffer.from(event.card)) & 0x7fffffff) % PARTITIONS);
    if (i % 80 !== 51) continue;
    await run.crash();
    await run.restart();
    if (i > 100) await run.committed();
  }
  await run.committed();
  const between = await run.recordsOf(/by-|answers/);
  await run.stop();
  const driver = new TopologyDriver(payments([]));
  await driver.send(events);
  const expected = new Map(
    driver.predictions.map(({ key, features: values }) => [
      key,
      Object.values(values).map((value) => value ?? Number.NaN),
    ]),
  );
  t.equal(found.size, expected.size);
  const wrong = [...expected].filter(([id, vector]) => found.get(id)?.join() !== vector.join());
  t.same(wrong, []);
  t.ok(between.length > 400, 'there are records');
  const bytes = Buffer.concat(between).toString('latin1');
  for (const plain of ['4111-CARD', 'MAIL-', 'NAME-', 'NOTE-']) t.notOk(bytes.includes(plain), plain);
  for (const { card } of events) if (bytes.includes(testHash(card))) t.fail(`the hash of ${card} is there`);
  t.ok(bytes.includes(testHash('MAIL-1')), 'another column is there as the stages see it');
});
