// A topology with two targets on Kafka, Redis and ClickHouse, killed twice on the way: each target has each prediction once, and the
// same ones, bit by bit, as an embedded run that nothing has disturbed; commands work on the target that they name.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@clickhouse/client';
import t from 'tap';
import { openCodec, openLog } from '../../src/app/compose/adapters.ts';
import type { RunReport, TopologyReport } from '../../src/app/compose/run-report.ts';
import { readConfig } from '../../src/app/settings/config.ts';
import type { Topology } from '../../src/index.ts';
import type { EventLog } from '../../src/ports/event-log.ts';
import { openPredictionDecoder } from '../../src/runtime/prediction-decoder.ts';
import type { PredictionRecord } from '../../src/runtime/records.ts';
import { FakeTelemetry } from '../../src/testing/index.ts';
import { targetsOf } from '../../src/topology/targets.ts';
import { topicsOf } from '../../src/topology/topics.ts';
import { millrace } from '../support/cli.ts';
import { runEngine } from '../support/running-engine.ts';
import { clickhouseUrl, kafkaBrokers, redisUrl, uniqueName } from '../support/services.ts';
import { rideTargets } from './target-topologies.ts';
import { rideEvents } from './task-topologies.ts';

t.setTimeout(600_000);

const RIDES = 480;
/** Predictions of the slower target after which the engine is killed. */
const KILLED_AFTER = [100, 300];
const topic = uniqueName('rides').replaceAll('_', '-');
const folder = mkdtempSync(join(tmpdir(), 'millrace-targets-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
const data = join(folder, 'real');
const servers = {
  MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
  MILLRACE_REDIS_URL: redisUrl(),
  MILLRACE_CLICKHOUSE_URL: `${clickhouseUrl()}/${uniqueName('millrace')}`,
  MILLRACE_DATA: data,
  MILLRACE_PORT: '0',
  MILLRACE_SESSION_TIMEOUT_MS: '3000',
};
const [file, events] = [join(folder, 'rides.ts'), join(folder, 'rides.ndjson')];
const module = resolve(import.meta.dirname, 'target-topologies.ts');
writeFileSync(
  file,
  `import { rideTargets } from '${module}';\nexport default rideTargets('${topic}', 'both');\n`,
);
writeFileSync(
  events,
  rideEvents(RIDES)
    .map((row) => `${JSON.stringify(row)}\n`)
    .join(''),
);
const targets = targetsOf(rideTargets(topic, 'both'));

async function ran(args: readonly string[], settings: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await millrace(args, settings);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

async function withLog<T>(use: (log: EventLog) => Promise<T>): Promise<T> {
  const log = await openLog(readConfig(servers), new FakeTelemetry());
  try {
    return await use(log);
  } finally {
    await log.close();
  }
}

/** Waits until each target has published so many records. */
function untilEach(count: number): Promise<void> {
  return withLog(async (log) => {
    for (const target of targets) {
      const { predictions } = topicsOf(target);
      const published = async (): Promise<number> => {
        if (!(await log.partitionCounts([predictions])).has(predictions)) return 0;
        return (await log.offsets(predictions))[0]?.high ?? 0;
      };
      while ((await published()) < count) await sleep(20);
    }
  });
}

function recordsOf(target: Topology): Promise<PredictionRecord[]> {
  return withLog(async (log) => {
    const codec = openCodec(readConfig(servers));
    try {
      const topics = topicsOf(target);
      const decoder = await openPredictionDecoder(codec, topics);
      const [range] = await log.offsets(topics.predictions);
      const records: PredictionRecord[] = [];
      for await (const raw of log.read(topics.predictions, 0, 0, range?.high ?? 0))
        for (const value of raw.values)
          if (value !== null) records.push({ ...(await decoder.decode(value)) });
      return records;
    } finally {
      await codec.close();
    }
  });
}

/** What the report of a run says of its predictions, from their records. */
function digestOf(records: readonly PredictionRecord[]): string {
  const lines = records.map(
    ({ id, score, outputs = [] }) =>
      `${id} ${score}${outputs.length === 0 ? '' : ` ${Float32Array.from(outputs).join()}`}\n`,
  );
  const ofPartition = createHash('sha256').update(lines.join('')).digest('hex');
  return createHash('sha256').update(`${topic}-000000 ${ofPartition}\n`).digest('hex');
}

let expected: readonly RunReport[] = [];

t.test('kills on the way change no prediction of any target', async (t) => {
  const report = join(folder, 'embedded.json');
  await ran(['start', file, '--events', events, '--exit', '--report', report], {
    MILLRACE_DATA: join(folder, 'embedded'),
    MILLRACE_PORT: '0',
  });
  const whole = JSON.parse(readFileSync(report, 'utf8')) as TopologyReport;
  expected = [whole, whole.targets?.['minutes'] as RunReport];
  for (const { retrainings } of expected) t.match(retrainings[0], { verdict: 'promoted' });
  await ran(['produce', file, '--events', events], servers);
  for (const count of KILLED_AFTER) {
    const engine = await runEngine(['run', file], data, servers);
    await untilEach(count);
    await engine.kill();
  }
  await ran(['run', file, '--until-caught-up'], servers);
  for (const [i, target] of targets.entries()) {
    const records = await recordsOf(target);
    t.equal(records.length, RIDES, `${target.name}: each prediction once`);
    t.equal(digestOf(records), expected[i]?.predictionsSha256, `${target.name}: bit by bit`);
  }
});

t.test('the history tells targets apart', async (t) => {
  const client = createClient({ url: servers.MILLRACE_CLICKHOUSE_URL });
  const rows = async (query: string): Promise<unknown[]> =>
    (await client.query({ query, format: 'JSONEachRow' })).json();
  const names = targets.map(({ name }) => name);
  for (const table of ['predictions', 'feature_log'])
    t.same(
      await rows(`SELECT topology, toUInt32(count()) AS n FROM ${table} GROUP BY topology ORDER BY topology`),
      names.map((topology) => ({ topology, n: RIDES })),
      table,
    );
  t.same(
    await rows(
      `SELECT topology, toUInt32(count()) AS n FROM labels WHERE label IS NOT NULL GROUP BY topology ORDER BY topology`,
    ),
    names.map((topology, i) => ({ topology, n: expected[i]?.labels.joined })),
  );
  await client.close();
});

t.test('commands take the target that they are to work on', async (t) => {
  const list = await ran(['models', 'list', file], servers);
  for (const { name } of targets) t.match(list, name);
  t.match(await ran(['models', 'list', file, '--target', 'minutes'], servers), /^v1 +champion/m);
  const refused = await millrace(['models', 'promote', file, 'v1'], servers);
  t.equal(refused.code, 1);
  t.match(refused.stderr, /several targets: kind, minutes.*Name one: --target kind/s);
  const unknown = await millrace(['models', 'rollback', file, '--target', 'minute'], servers);
  t.match(unknown.stderr, /there is no target 'minute'; did you mean 'minutes'\?/);
  t.match(
    await ran(['models', 'promote', file, 'v1', '--target', 'minutes'], servers),
    /minutes: promoted v1\. No engine runs/,
  );
  t.match(await ran(['models', 'verify', file, '--target', 'kind'], servers), /v1.* ok/);
  t.match(await ran(['audit', 'list', file], servers), /model v1 of target minutes/);
  t.match(
    await ran(['backfill', file, '--from', topic, '--target', 'minutes', '--model', 'none'], {
      ...servers,
      MILLRACE_CLICKHOUSE_URL: `${clickhouseUrl()}/${uniqueName('millrace')}`,
    }),
    new RegExp(`${RIDES}`),
  );
});
