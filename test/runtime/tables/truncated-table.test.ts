// A table of changes that is truncated: as of then no key has a row, in whatever order the records come.
import t, { type Test } from 'tap';
import {
  debezium,
  defineTopology,
  features,
  json,
  long,
  lookup,
  numeric,
  score,
  source,
  string,
  table,
  timestamp,
  watermarks,
  type Table,
} from '../../../src/index.ts';
import type { LogRecord } from '../../../src/ports/event-log.ts';
import { EmbeddedRun, fakeScorer } from '../../../src/testing/index.ts';

const payments = source('payments', {
  schema: { id: string, owner: string, at: timestamp },
  eventTime: 'at',
  format: json(),
});
const options = {
  schema: { id: string, risk: long, 'source.ts_ms': timestamp },
  key: 'id',
  topic: 'shop.public.owners',
  format: debezium(json()),
} as const;

function change(op: string, ts_ms: number, after: object | null = null): LogRecord {
  const value = Buffer.from(JSON.stringify({ op, before: null, after, source: { ts_ms } }));
  return {
    key: after === null ? null : Buffer.from(JSON.stringify(after)),
    value,
    timestampMs: ts_ms,
    partition: 0,
  };
}

function row(op: string, ts_ms: number, id: string, risk: number): LogRecord {
  return change(op, ts_ms, { id, risk });
}

/** The risks that events of these instants see, null for no row. */
async function risksAt(
  t: Test,
  owners: Table<typeof options.schema>,
  records: readonly LogRecord[],
  asked: ReadonlyArray<readonly [owner: string, at: number]>,
): Promise<unknown[]> {
  const topology = defineTopology(payments, {
    stages: [
      watermarks('watermarks', { allowedLatenessMs: 1_000_000 }),
      lookup('owner', { table: owners, key: 'owner', take: { risk: 'risk' } }),
      features('features', { fields: { risk: numeric('risk') } }),
      score('score', { key: 'id', fallback: 0.5 }),
    ],
  });
  const model = fakeScorer('v1', 1, ([risk = Number.NaN]) => (Number.isNaN(risk) ? 0 : risk / 1_000));
  const run = await EmbeddedRun.start(topology, { model });
  t.teardown(() => run.stop());
  await run.sendRows('shop.public.owners', records);
  await run.send(asked.map(([owner, at], i) => ({ id: `e${i}`, owner, at })));
  await run.committed();
  const found = new Map((await run.predictions()).map(({ key, score: p }) => [key, Math.round(p * 1_000)]));
  return asked.map((_, i) => found.get(`e${i}`) || null);
}

t.test('a truncation ends the rows of all keys as of its time', async (t) => {
  const owners = table('owners', { ...options, time: 'source.ts_ms' });
  const records = [
    row('r', 1_000, 'a', 1),
    row('c', 2_000, 'b', 2),
    row('c', 5_000, 'c', 3), // later than the truncation
    change('t', 3_000),
    row('c', 2_500, 'd', 4), // earlier, of a partition that is behind
    row('c', 4_000, 'a', 5),
    row('c', 3_000, 'e', 6), // of the same transaction
  ];
  const asked = [
    ['a', 1_000],
    ['a', 2_999],
    ['a', 3_000],
    ['a', 4_000],
    ['b', 2_000],
    ['b', 9_000],
    ['c', 4_999],
    ['c', 5_000],
    ['d', 2_500],
    ['d', 3_000],
    ['e', 3_000],
  ] as const;
  t.strictSame(await risksAt(t, owners, records, asked), [1, 1, null, 5, 2, null, null, 3, 4, null, 6]);
});

t.test('without a time of its own, or of any, a truncation counts in the order of the records', async (t) => {
  const records = [row('r', 1_000, 'a', 1), change('t', 2_000), row('c', 3_000, 'b', 2)];
  const asked = [
    ['a', 1_500],
    ['a', 2_000],
    ['b', 3_000],
  ] as const;
  t.strictSame(await risksAt(t, table('owners', options), records, asked), [1, null, 2]);
  const current = table('owners', { ...options, current: true });
  t.strictSame(await risksAt(t, current, records, asked), [null, null, 2]);
});
