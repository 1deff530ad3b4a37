// Tables of topics, on a whole engine with the embedded log.
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import {
  debezium,
  defineTopology,
  double,
  features,
  int64,
  json,
  lookup,
  minutes,
  nullable,
  numeric,
  score,
  source,
  string,
  table,
  timestamp,
  watermarks,
} from '../../../src/index.ts';
import type { LogRecord } from '../../../src/ports/event-log.ts';
import { EmbeddedRun, fakeScorer } from '../../../src/testing/index.ts';

const payments = source('payments', {
  schema: { id: string, merchant: int64, at: timestamp },
  eventTime: 'at',
  partitions: 2,
  format: json(),
});
const merchants = table('merchants', {
  schema: { id: int64, limit: double, note: nullable(string) },
  key: 'id',
  topic: 'merchants',
  format: json(),
});
const owners = table('owners', {
  schema: { id: int64, risk: double, 'source.ts_ms': timestamp },
  key: 'id',
  time: 'source.ts_ms',
  topic: 'shop.public.owners',
  format: debezium(json()),
});
const topology = defineTopology(payments, {
  stages: [
    watermarks('watermarks', { allowedLatenessMs: minutes(60) }),
    lookup('merchant', { table: merchants, key: 'merchant', take: { limit: 'limit' } }),
    lookup('owner', { table: owners, key: 'merchant', take: { risk: 'risk' } }),
    features('features', { fields: { limit: numeric('limit'), risk: numeric('risk') } }),
    score('score', { key: 'id', fallback: 0.5 }),
  ],
});

const ID = '9007199254740993';
const record = (key: string | null, value: unknown, timestampMs: number): LogRecord => ({
  key: key === null ? null : Buffer.from(key),
  value: value === null ? null : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
  timestampMs,
});
const merchant = (limit: unknown, timestampMs: number, id = ID): LogRecord =>
  record(id, limit === null ? null : `{"id":${id},"limit":${JSON.stringify(limit)}}`, timestampMs);
const owner = (op: string, ts_ms: number, before: object | null, after: object | null): LogRecord =>
  record('k', { payload: { op, before, after, source: { ts_ms } } }, 1);

/** Its score is the vector, of small whole numbers. */
const model = fakeScorer('v1', 2, ([limit = 0, risk = 0]) => ((limit || 0) * 10 + (risk || 0)) / 1_000);
const vectors = async (run: EmbeddedRun): Promise<Record<string, unknown>> =>
  Object.fromEntries(
    (await run.predictions()).map(({ key, score: p }) => [key, vectorOf(Math.round(p * 1_000))]),
  );

function vectorOf(score: number): [limit: number, risk: number] {
  return [Math.floor(score / 10) || NaN, score % 10 || NaN];
}

t.test('rows of compacted topics and of change streams are joined as of event time', async (t) => {
  const run = await EmbeddedRun.start(topology, { model });
  t.teardown(() => run.stop());
  await run.sendRows(
    'merchants',
    [
      merchant(10, 1_000),
      record('x', 'no JSON', 1_000),
      record(null, null, 1_000),
      merchant('ten', 1_500),
      merchant(20, 2_000),
      merchant(null, 3_000),
      merchant(15, 1_200),
    ],
    3,
  );
  await run.sendRows('shop.public.owners', [
    owner('r', 1_000, null, { id: 1, risk: 1 }),
    owner('u', 2_000, { id: 1 }, { id: 2, risk: 2 }),
    owner('d', 3_000, { id: 2, risk: 2 }, null),
    record('k', null, 1),
  ]);
  const at = [999, 1_000, 1_199, 1_200, 2_000, 2_999, 3_000];
  await run.send(at.map((time) => ({ id: `m${time}`, merchant: ID, at: time })));
  await run.send(
    at.flatMap((time) => [
      { id: `a${time}`, merchant: '1', at: time },
      { id: `b${time}`, merchant: '2', at: time },
    ]),
    1,
  );
  await run.committed();
  const none = [NaN, NaN];
  const wanted: Record<string, unknown> = {
    m999: none,
    m1000: [10, NaN],
    m1199: [10, NaN],
    m1200: [15, NaN],
    m2000: [20, NaN],
    m2999: [20, NaN],
    m3000: none,
  };
  for (const time of at) {
    wanted[`a${time}`] = time >= 1_000 && time < 2_000 ? [NaN, 1] : none;
    wanted[`b${time}`] = time >= 2_000 && time < 3_000 ? [NaN, 2] : none;
  }
  t.strictSame(await vectors(run), wanted);
  await t.test('what came since is seen by events that come later, and by a replay', async (t) => {
    await run.checkpointed();
    await run.sendRows('merchants', [merchant(30, 4_000)]);
    await run.send([{ id: 'late', merchant: ID, at: 4_001 }]);
    await run.committed();
    t.strictSame((await vectors(run))['late'], [30, NaN]);
    await run.crash();
    await run.sendRows('merchants', [merchant(40, 5_000)]);
    await run.send([
      { id: 'next', merchant: ID, at: 5_000 },
      { id: 'before', merchant: ID, at: 4_999 },
    ]);
    await run.restart();
    await run.committed();
    t.strictSame((await vectors(run))['next'], [40, NaN]);
    t.strictSame((await vectors(run))['before'], [30, NaN]);
  });
});

t.test('a partition waits for a topic that is not there', async (t) => {
  const run = await EmbeddedRun.start(topology, { model });
  t.teardown(() => run.stop());
  await run.send([{ id: 'a', merchant: ID, at: 1_000 }]);
  await run.sendRows('shop.public.owners', []);
  while (!/does not exist/.test(run.telemetry.conditions.get('table_not_loaded merchants') ?? ''))
    await pause(5);
  t.same(await run.predictions(), []);
  await run.sendRows('merchants', [merchant(10, 1_000)]);
  await run.committed();
  t.strictSame(await vectors(run), { a: [10, NaN] });
});

t.test('an engine stops while it waits for a topic', async () => {
  const run = await EmbeddedRun.start(topology, { model });
  await run.send([{ id: 'a', merchant: ID, at: 1_000 }]);
  await run.stop();
});
