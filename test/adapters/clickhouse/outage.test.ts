// An outage causes no lost or duplicate rows: a store that rejects inserts, and one whose replies are lost.
import { join } from 'node:path';
import t from 'tap';
import { openChdb } from '../../../src/adapters/clickhouse/chdb-database.ts';
import { historyError, type Database, type QueryParams } from '../../../src/adapters/clickhouse/database.ts';
import { ClickHouseHistory } from '../../../src/adapters/clickhouse/history.ts';
import { migrate } from '../../../src/adapters/clickhouse/migrate.ts';
import { rowId } from '../../../src/adapters/clickhouse/row-block.ts';
import { HISTORY_ATTEMPTS_MAX } from '../../../src/core/history-limits.ts';
import { labelsOf, predictionsOf, type Row } from '../../contracts/history-rows.ts';
import { RecordingTelemetry } from '../../support/recording-telemetry.ts';

const path = join(t.testdir({}), 'history');
const real = await openChdb(path);
t.teardown(() => real.close());
t.equal(await migrate(real), await migrate(real), 'migrations can be repeated');

type Failure = 'none' | 'no room' | 'denied' | 'lose the reply';

const answered = (code: number, message: string): Error =>
  Object.assign(new Error(message), { code: String(code) });

/** The real database, with inserts that fail according to `failure()`, before or after they are applied. */
function failing(failure: (table: string) => Failure): Database {
  return {
    ...real,
    insert: async (rows) => {
      const how = failure(rows.table);
      if (how === 'no room') throw historyError(answered(243, 'no space left'), 'take a block', 'here');
      if (how === 'denied') throw historyError(answered(516, 'wrong password'), 'take a block', 'here');
      await real.insert(rows);
      if (how === 'lose the reply') throw historyError(new Error('socket hang up'), 'take a block', 'here');
    },
    close: () => Promise.resolve(),
  };
}

const rows = (from: number, to: number): Row[] =>
  Array.from({ length: to - from }, (_, i) => ({ offset: from + i, timeMs: (from + i) * 1e9, vector: [i] }));

async function countOf(table: string, topology: string): Promise<number[]> {
  const sql = `SELECT count() AS n, uniqExact(offset) AS u FROM ${table} WHERE topology = {topology:String}`;
  const [row] = await real.rows<{ n: number; u: number }>(sql, { topology });
  return [Number(row?.n), Number(row?.u)];
}

t.test(
  'a flush writes the rows that were buffered when it started, not those that are added during it',
  async (t) => {
    let inserts = 0;
    let next = 100;
    let isBusy = true;
    const history: ClickHouseHistory = new ClickHouseHistory(
      failing(() => {
        inserts += 1;
        if (isBusy && inserts <= 20) {
          // Each insert adds another block, so that there is always one to send.
          history.predictions('busy', predictionsOf(rows(next, (next += 10))));
          void history.flush();
        }
        return 'none';
      }),
      null,
    );
    history.predictions('busy', predictionsOf(rows(0, 100)));
    await history.flush();
    isBusy = false;
    t.ok(inserts < 20, `${inserts} inserts`);
    const [written = 0] = await countOf('predictions', 'busy');
    t.ok(written >= 100 && written < next, `${written} of ${next} rows`);
    await history.close();
    t.same(await countOf('predictions', 'busy'), [next, next]);
  },
);

t.test(
  'if the store has no room, flush rejects, and the rows are written once it accepts them',
  async (t) => {
    const telemetry = new RecordingTelemetry();
    let isDown = true;
    const history = new ClickHouseHistory(
      failing(() => (isDown ? 'no room' : 'none')),
      telemetry,
    );
    history.predictions('refused', predictionsOf(rows(0, 100)));
    await t.rejects(history.flush(), {
      code: 'HISTORY_UNAVAILABLE',
      message: /feature_log does not take rows/,
    });
    t.equal(telemetry.counts.get('history_failures_total'), HISTORY_ATTEMPTS_MAX);
    t.equal(history.bufferedRows, 200);
    // A flush after many that failed tries as often as the first: the store may have room by then.
    for (let i = 0; i < 2; i++) await t.rejects(history.flush(), { message: /no space left/ });
    t.equal(telemetry.counts.get('history_failures_total'), 3 * HISTORY_ATTEMPTS_MAX);
    history.predictions('refused', predictionsOf(rows(100, 150)));
    t.equal(history.bufferedRows, 300);
    isDown = false;
    await history.flush();
    t.equal(history.bufferedRows, 0);
    t.equal(telemetry.counts.get('history_rows_total'), 300);
    t.same(await countOf('predictions', 'refused'), [150, 150]);
    t.same(await countOf('feature_log', 'refused'), [150, 150]);
    await history.close();
  },
);

t.test('if the store denies access, flush rejects without a retry', async (t) => {
  const telemetry = new RecordingTelemetry();
  let isDenied = true;
  const history = new ClickHouseHistory(
    failing(() => (isDenied ? 'denied' : 'none')),
    telemetry,
  );
  history.predictions('denied', predictionsOf(rows(0, 10)));
  await t.rejects(history.flush(), { code: 'HISTORY_FAILED', remedy: /MILLRACE_CLICKHOUSE_URL/ });
  t.equal(telemetry.counts.get('history_failures_total'), 1);
  isDenied = false;
  await history.close();
  t.same(await countOf('predictions', 'denied'), [10, 10]);
});

t.test('if replies of the store are lost, each row is stored once, over many months', async (t) => {
  let calls = 0;
  const history = new ClickHouseHistory(
    failing(() => (calls++ % 2 === 0 ? 'lose the reply' : 'none')),
    null,
  );
  history.predictions('lost', predictionsOf(rows(0, 40)));
  const labels = rows(0, 40).map(({ offset, timeMs }) => ({
    labelOffset: 40 + Math.floor(offset / 7),
    offset,
    predictionTimeMs: timeMs,
    labelTimeMs: timeMs + 1,
    label: 1,
  }));
  history.labels('lost', labelsOf(labels));
  await history.flush();
  t.ok(calls >= 3);
  t.same(await countOf('predictions', 'lost'), [40, 40]);
  const sql = `SELECT count() AS n FROM labels WHERE topology = 'lost'`;
  t.same(await real.rows(sql, {}), [{ n: 40 }]);
  await history.close();
});

/** Makes two owners read which rows the table has before either of them writes, three times. */
function inStep(): () => Database {
  let asked: Array<() => void> = [];
  let rounds = 0;
  return () => ({
    ...real,
    rows: async <T>(sql: string, params: QueryParams): Promise<T[]> => {
      const found = await real.rows<T>(sql, params);
      if (rounds >= 3) return found;
      await new Promise<void>((resolve) => {
        asked.push(resolve);
        if (asked.length < 2) return;
        rounds += 1;
        for (const release of asked.splice(0)) release();
        asked = [];
      });
      return found;
    },
    close: () => Promise.resolve(),
  });
}

t.test('two owners that write the same rows at the same time store each row once', async (t) => {
  const open = inStep();
  const before = new ClickHouseHistory(open(), null);
  const after = new ClickHouseHistory(open(), null);
  before.predictions('owners', predictionsOf(rows(0, 50)));
  after.predictions('owners', predictionsOf(rows(0, 30)));
  // The second owner has restarted from an earlier offset.
  after.predictions('owners', predictionsOf(rows(20, 80)));
  await Promise.all([before.flush(), after.flush()]);
  t.same(await countOf('predictions', 'owners'), [80, 80]);
  t.same(await countOf('feature_log', 'owners'), [80, 80]);
});

t.test('rows are written even if the server knows their token, as after a manual deletion', async (t) => {
  const history = new ClickHouseHistory({ ...real, close: () => Promise.resolve() }, null);
  const token = rowId({ topology: 'deleted', topic: 'flights', partition: 0 }, 0, null);
  await real.insert({
    table: 'predictions',
    columns: ['topology', 'topic', 'partition', 'offset', 'event_ms'],
    format: 'JSONEachRow',
    settings: { insert_deduplicate: 1, insert_deduplication_token: token },
    parts: [Buffer.from('{"topology":"others","topic":"flights","partition":0,"offset":0,"event_ms":0}\n')],
  });
  history.predictions('deleted', predictionsOf(rows(0, 2)));
  await history.flush();
  t.same(await countOf('predictions', 'deleted'), [2, 2]);
  await history.close();
});

t.test('the token prevents a duplicate of a block that the server is still writing', async (t) => {
  const block = {
    table: 'predictions',
    columns: ['topology', 'topic', 'partition', 'offset'],
    format: 'JSONEachRow' as const,
    settings: { insert_deduplicate: 1 as const, insert_deduplication_token: 'same' },
    parts: [Buffer.from('{"topology":"token","topic":"x","partition":0,"offset":1}\n')],
  };
  await real.insert(block);
  await real.insert(block);
  t.same(await countOf('predictions', 'token'), [1, 1]);
});

t.test('closing logs how many rows could not be written', async (t) => {
  const telemetry = new RecordingTelemetry();
  const history = new ClickHouseHistory(
    failing(() => 'no room'),
    telemetry,
  );
  history.predictions('closing', predictionsOf(rows(0, 3)));
  await history.close();
  t.ok(telemetry.lines.some((line) => line.startsWith('history closed with rows')));
});
