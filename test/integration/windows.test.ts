// Every aggregate and every kind of window on Kafka and Redis, killed once, compared bit for bit with an undisturbed driver;
// and sessions, calendars and the last events of the demo's flights compared with SQL.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@clickhouse/client';
import { Redis } from 'ioredis';
import t from 'tap';
import { loadFlightsDataset } from '../../demo/dataset.ts';
import { replayAtOnce } from '../../demo/replay.ts';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { openHistory } from '../../src/adapters/clickhouse/history.ts';
import { STATE_KEYS } from '../../src/adapters/redis/scripts.ts';
import { partitionPrefix } from '../../src/adapters/redis/state-store.ts';
import {
  calendar,
  count,
  days,
  defineTopology,
  double,
  features,
  lastEvents,
  mean,
  minutes,
  score,
  session,
  source,
  string,
  sum,
  timestamp,
  view,
  watermarks,
} from '../../src/index.ts';
import { TopologyDriver } from '../../src/testing/index.ts';
import { millrace } from '../support/cli.ts';
import { everyWindow, windowEvents } from '../support/every-window.ts';
import { runEngine } from '../support/running-engine.ts';
import { quietTelemetry } from './quiet-telemetry.ts';
import { clickhouseUrl, kafkaBrokers, redisUrl, uniqueName } from '../support/services.ts';

t.setTimeout(120_000);

const EVENTS = 1_200;
const PAUSE_MS = 50;
const TRIES_MAX = 800;

const folder = mkdtempSync(join(tmpdir(), 'millrace-windows-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));

const BITS = new DataView(new ArrayBuffer(4));

/** A Float32 as its bits; any NaN is null. */
function bitsOf(value: number | null): number {
  BITS.setFloat32(0, value ?? Number.NaN);
  return value === null ? -1 : BITS.getUint32(0);
}

t.test('killed once, every window and aggregate is what it is undisturbed, bit for bit', async (t) => {
  const name = uniqueName('windows').replaceAll('_', '-');
  const database = uniqueName('windows');
  const file = join(folder, 'topology.ts');
  writeFileSync(
    file,
    `import { everyWindow } from '${resolve(import.meta.dirname, '../support/every-window.ts')}';
export default { ...everyWindow, name: '${name}', source: { ...everyWindow.source, topic: '${name}' } };
`,
  );
  const settings = {
    MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
    MILLRACE_REDIS_URL: redisUrl(),
    MILLRACE_CLICKHOUSE_URL: `${clickhouseUrl()}/${database}`,
    MILLRACE_DATA: join(folder, 'data'),
    MILLRACE_PORT: '0',
  };
  const events = windowEvents(EVENTS);
  const half = EVENTS / 2;
  const log = new KafkaEventLog({ brokers: kafkaBrokers().split(',') }, quietTelemetry());
  t.teardown(() => log.close());
  await log.ensureTopics([{ topic: name, partitions: 1, compacted: false, retentionMs: -1 }]);
  const publish = (some: typeof events): Promise<void> =>
    log.publish(
      name,
      some.map((event) => ({
        key: Buffer.from(event.card),
        value: Buffer.from(JSON.stringify(event)),
        timestampMs: event.at,
      })),
    );
  await publish(events.slice(0, half));
  const engine = await runEngine(['run', file], join(folder, 'data'), settings);
  const redis = new Redis(redisUrl());
  const prefix = `${partitionPrefix(name, { topic: name, partition: 0 })}${STATE_KEYS}`;
  let stored = 0;
  for (let tries = 0; stored < 4 && tries < TRIES_MAX; tries++) {
    await sleep(PAUSE_MS);
    stored = (await redis.keys(`${prefix}*`)).length;
  }
  redis.disconnect();
  await engine.kill();
  t.ok(stored >= 4, `${stored} keys have state`);
  await publish(events.slice(half));
  const { code, stderr } = await millrace(['run', file, '--until-caught-up'], settings);
  t.equal(code, 0, stderr);

  const driver = new TopologyDriver(everyWindow);
  await driver.send(events.map((event) => ({ ...event })));
  await driver.close();
  const client = createClient({ url: clickhouseUrl(), database });
  const found = await client.query({
    query: `SELECT offset, arrayMap(x -> isNaN(x) ? -1 : toInt64(reinterpretAsUInt32(x)), features) AS bits
      FROM feature_log WHERE topology = {name:String} ORDER BY offset LIMIT 1 BY offset`,
    query_params: { name },
    format: 'JSONEachRow',
  });
  const rows = await found.json<{ offset: string; bits: Array<string | number> }>();
  await client.close();
  t.equal(rows.length, driver.predictions.length);
  t.ok(driver.late.length > 0, 'some are too late');
  for (const [i, { features: wanted }] of driver.predictions.entries()) {
    const got = rows[i]?.bits.map(Number) ?? [];
    const want = Object.entries(wanted);
    const wrong = want.find(([, value], f) => bitsOf(value) !== got[f]);
    if (wrong === undefined && got.length === want.length) continue;
    t.fail(`row ${i}: ${wrong?.join(' is ')}, not ${got[want.indexOf(wrong ?? ['', null])]}`);
    return;
  }
  t.pass(`${rows.length} vectors of ${rows[0]?.bits.length} features are equal`);
});

const flown = defineTopology(
  source('flown', {
    schema: { id: string, carrier: string, delay: double, at: timestamp },
    eventTime: 'at',
  }),
  {
    stages: [
      watermarks({ allowedLatenessMs: 0 }),
      features({
        views: {
          carrier: view(['carrier'], {
            session: count({ over: session(minutes(45), { max: days(7) }) }),
            session_delay: sum('delay', { over: session(minutes(45), { max: days(7) }) }),
            today: mean('delay', { over: calendar('day', { zone: 'America/New_York' }) }),
            yesterday: count({ over: calendar('day', { zone: 'America/New_York', back: 1 }) }),
            hour: count({ over: calendar('hour', { zone: 'America/New_York' }) }),
            last: mean('delay', { over: lastEvents(10) }),
          }),
        },
      }),
      score({ key: 'id', fallback: 0.5 }),
    ],
  },
);

t.test('windows over the flights, where the clock is put forward, equal those of SQL', async (t) => {
  const dataset = loadFlightsDataset();
  const fromMs = Date.UTC(2013, 2, 9, 5);
  const all = [...replayAtOnce({ dataset, fromMs, untilMs: fromMs + days(3) })].flat();
  const rows = all
    .filter(({ type, origin, depDelay }) => type === 'departed' && origin === 'JFK' && depDelay !== null)
    .map(({ eventId, carrier, depDelay, eventTime }) => ({
      id: eventId,
      carrier: carrier ?? '',
      delay: depDelay ?? 0,
      at: eventTime,
    }));
  t.ok(rows.length > 500, `${rows.length} departures`);
  const driver = new TopologyDriver(flown);
  await driver.send(rows);
  await driver.close();
  const history = await openHistory({ url: `${clickhouseUrl()}/${uniqueName('windows')}`, path: '' });
  t.teardown(() => history.close());
  const values = rows.map(({ carrier, delay, at }, i) => `(${i}, '${carrier}', ${delay}, ${at})`);
  const found = await history.query<Record<string, number | string>>(
    // What has a gap of more than 45 minutes before it begins a session.
    `WITH
      departures AS (SELECT * FROM values('offset Int64, carrier String, delay Float64, at Int64', ${values.join()})),
      gaps AS (
        SELECT *, toDateTime64(at / 1000, 3, 'America/New_York') AS local, toDate(local) AS day,
          at - lagInFrame(at, 1, at) OVER (PARTITION BY carrier ORDER BY offset
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) > {gap:Int64} AS begins
        FROM departures),
      numbered AS (
        SELECT *, sum(begins) OVER (PARTITION BY carrier ORDER BY offset) AS nth FROM gaps),
      daily AS (SELECT carrier, day, count() AS flights FROM gaps GROUP BY carrier, day)
    SELECT n.offset AS offset,
      count() OVER (PARTITION BY n.carrier, n.nth ORDER BY n.offset) AS session,
      sum(n.delay) OVER (PARTITION BY n.carrier, n.nth ORDER BY n.offset) AS session_delay,
      avg(n.delay) OVER (PARTITION BY n.carrier, n.day ORDER BY n.offset) AS today,
      d.flights AS yesterday,
      count() OVER (PARTITION BY n.carrier, toStartOfHour(n.local) ORDER BY n.offset) AS hour,
      avg(n.delay) OVER (PARTITION BY n.carrier ORDER BY n.offset ROWS BETWEEN 9 PRECEDING AND CURRENT ROW) AS last
    FROM numbered AS n LEFT JOIN daily AS d ON d.carrier = n.carrier AND d.day = n.day - 1
    ORDER BY offset`,
    { gap: minutes(45) },
  );
  const names = ['session', 'session_delay', 'today', 'yesterday', 'hour', 'last'] as const;
  // Sums of one order and of another differ in the last bits, also around zero.
  const shown = (value: number): string => (Math.round(value * 1e4) / 1e4 + 0).toPrecision(5);
  t.same(
    driver.predictions.map(({ features }) =>
      names.map((name) => shown(features[`carrier.${name}`] ?? Number.NaN)),
    ),
    found.map((row) => names.map((name) => shown(Number(row[name])))),
  );
});
