// A regression, one with quantiles and a topology of three classes, embedded and on Kafka: the same predictions bit by bit, with
// models that were trained on the way; what consumers and the history have; figures beside scikit-learn's on the same rows.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createClient } from '@clickhouse/client';
import t, { type Test } from 'tap';
import { openCodec, openLog } from '../../src/app/compose/adapters.ts';
import type { RunReport } from '../../src/app/compose/run-report.ts';
import { readConfig } from '../../src/app/settings/config.ts';
import { openPredictionDecoder } from '../../src/runtime/prediction-decoder.ts';
import type { PredictionRecord } from '../../src/runtime/records.ts';
import { hours, minutes } from '../../src/index.ts';
import { FakeTelemetry } from '../../src/testing/index.ts';
import { topicsOf } from '../../src/topology/topics.ts';
import { near } from '../stats/close.ts';
import { millrace } from '../support/cli.ts';
import { pythonWith } from '../support/python.ts';
import { clickhouseUrl, kafkaBrokers, redisUrl, uniqueName } from '../support/services.ts';
import { KINDS, RANGE, rideEvents, rideTopology, type RideTask } from './task-topologies.ts';

t.setTimeout(600_000);

const RIDES = 480;
const END_MS = Date.UTC(2024, 0, 1) + RIDES * minutes(2);
/** As the topologies have it. */
const BOUNDARY_MS = hours(4);
const topic = uniqueName('rides').replaceAll('_', '-');
const folder = mkdtempSync(join(tmpdir(), 'millrace-tasks-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
const database = uniqueName('millrace');
const servers = {
  MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
  MILLRACE_REDIS_URL: redisUrl(),
  MILLRACE_CLICKHOUSE_URL: `${clickhouseUrl()}/${database}`,
  MILLRACE_DATA: join(folder, 'real'),
  MILLRACE_PORT: '0',
};
const events = join(folder, 'rides.ndjson');
writeFileSync(
  events,
  rideEvents(RIDES)
    .map((row) => `${JSON.stringify(row)}\n`)
    .join(''),
);

function fileOf(task: RideTask): string {
  const file = join(folder, `${task}.ts`);
  const module = resolve(import.meta.dirname, 'task-topologies.ts');
  writeFileSync(
    file,
    `import { rideTopology } from '${module}';\nexport default rideTopology('${topic}', '${task}');\n`,
  );
  return file;
}

async function ran(args: readonly string[], settings: Record<string, string>): Promise<void> {
  const { code, stderr } = await millrace(args, settings);
  if (code !== 0) throw new Error(stderr);
}

async function runs(task: RideTask): Promise<RunReport[]> {
  const [embedded, real] = [join(folder, `${task}-embedded.json`), join(folder, `${task}-real.json`)];
  const start = ['start', fileOf(task), '--events', events, '--exit', '--report', embedded];
  await ran(start, { MILLRACE_DATA: join(folder, `${task}-data`), MILLRACE_PORT: '0' });
  await ran(['run', fileOf(task), '--until-caught-up', '--report', real], servers);
  return [embedded, real].map((file) => JSON.parse(readFileSync(file, 'utf8')) as RunReport);
}

async function recordsOf(task: RideTask): Promise<PredictionRecord[]> {
  const config = readConfig(servers);
  const [log, codec] = [await openLog(config, new FakeTelemetry()), openCodec(config)];
  try {
    const topics = topicsOf(rideTopology(topic, task));
    const decoder = await openPredictionDecoder(codec, topics);
    const [range] = await log.offsets(topics.predictions);
    const records: PredictionRecord[] = [];
    for await (const raw of log.read(topics.predictions, 0, 0, range?.high ?? 0))
      for (const value of raw.values) if (value !== null) records.push(await decoder.decode(value));
    return records;
  } finally {
    await codec.close();
    await log.close();
  }
}

/** The labels as they were known at the last boundary at which an engine had counted so many. */
async function knownRows(client: ReturnType<typeof createClient>, count: number): Promise<unknown[]> {
  for (let atMs = END_MS - (END_MS % BOUNDARY_MS); atMs > END_MS - 3 * BOUNDARY_MS; atMs -= BOUNDARY_MS) {
    const query = `SELECT l.label AS label, l.score AS score, [] AS outputs FROM (
        SELECT * FROM labels
        WHERE topology = '${topic}-corrected' AND label_time < '${new Date(atMs).toISOString().slice(0, -1)}'
        ORDER BY revision DESC LIMIT 1 BY topic, partition, prediction_offset
      ) AS l
      WHERE l.label IS NOT NULL AND l.shadow_score IS NOT NULL AND bitAnd(l.flags, 1) = 0`;
    const rows = await (await client.query({ query, format: 'JSONEachRow' })).json();
    if (rows.length === count) return rows;
  }
  return [];
}

/**
 * Figures of the loop by scikit-learn, on the rows of the history that the engine counts: scored by models and by the first one.
 * @param count of them: an engine counts up to its last boundary
 */
async function scikitFigures(task: RideTask, count: number): Promise<Record<string, number>> {
  const client = createClient({ url: servers.MILLRACE_CLICKHOUSE_URL });
  const query = `SELECT l.label AS label, l.score AS score, p.outputs AS outputs FROM labels AS l
    INNER JOIN predictions AS p
      ON l.topology = p.topology AND l.topic = p.topic AND l.partition = p.partition AND l.prediction_offset = p.offset
    WHERE l.topology = '${topic}-${task}' AND l.label IS NOT NULL AND l.shadow_score IS NOT NULL AND bitAnd(l.flags, 1) = 0
    ORDER BY l.label_offset LIMIT ${count}`;
  const rows =
    task === 'corrected'
      ? await knownRows(client, count)
      : await (await client.query({ query, format: 'JSONEachRow' })).json();
  await client.close();
  t.equal(rows.length, count);
  const python = pythonWith('python-scikit-learn-1.7.2', ['scikit-learn==1.7.2'], 'figures by scikit-learn');
  const input = JSON.stringify({ rows, levels: RANGE, classes: KINDS.length });
  const { stdout, stderr } = spawnSync(python, [join(import.meta.dirname, 'task-figures.py'), task], {
    input,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, number>;
}

async function sameAsScikit(t: Test, task: RideTask, report: RunReport | undefined): Promise<void> {
  const { loop, confusion } = report?.quality ?? {};
  const { confusion: counts, ...figures } = await scikitFigures(task, loop?.n ?? 0);
  t.ok((loop?.n ?? 0) >= RIDES / 5, `${loop?.n} rows`);
  for (const [name, value] of Object.entries(figures)) {
    const own = loop?.[name] ?? Number.NaN;
    t.ok(near(own, value, 1e-5), `${name}: ${own}, by scikit-learn ${value}`);
  }
  if (counts !== undefined) t.same(confusion?.loop.counts, counts, 'confusion');
}

t.test('values in minutes, embedded and on Kafka', async (t) => {
  await ran(['produce', fileOf('minutes'), '--events', events], servers);
  const [embedded, real] = await runs('minutes');
  t.equal(real?.predictionsSha256, embedded?.predictionsSha256, 'bit by bit');
  t.equal(real?.predictions, RIDES);
  const [first] = real?.retrainings ?? [];
  t.match(first, { verdict: 'promoted' });
  t.match(first?.why, /Huber loss [\d.]+ against [\d.]+ of the mean/);
  const records = await recordsOf('minutes');
  t.equal(records.length, RIDES);
  t.ok(records.filter(({ score }) => score > 500).length > RIDES / 10, 'values, in JSON');
  t.equal(records[0]?.outputs, undefined);
  await sameAsScikit(t, 'minutes', real);
});

t.test('values with quantiles, embedded and on Kafka', async (t) => {
  const [embedded, real] = await runs('range');
  t.equal(real?.predictionsSha256, embedded?.predictionsSha256, 'bit by bit');
  t.match(real?.retrainings[0], { verdict: 'promoted', why: /of the mean and quantiles/ });
  const records = await recordsOf('range');
  t.equal(records.length, RIDES);
  for (const { class: top, score, outputs = [] } of records) {
    const [value, low = 0, middle = 0, high = 0] = outputs;
    if (outputs.length !== 4 || value !== score || low > middle || middle > high || top !== '')
      t.fail(`${top} ${score} ${outputs.join()}`);
  }
  await sameAsScikit(t, 'range', real);
});

t.test('classes, embedded and on Kafka', async (t) => {
  const [embedded, real] = await runs('kind');
  t.equal(real?.predictionsSha256, embedded?.predictionsSha256, 'bit by bit');
  const { loop } = real?.quality ?? {};
  t.ok((loop?.['accuracy'] ?? 0) > 0.6, `accuracy ${loop?.['accuracy']}`);
  t.ok((loop?.['macroF1'] ?? 0) > 0.4);
  t.match(real?.retrainings[0]?.why, /log loss [\d.]+ against [\d.]+ of the class shares/);
  t.equal(real?.labels.joined, RIDES - RIDES / 40, 'an unknown class is no label');
  const records = await recordsOf('kind');
  t.equal(records.length, RIDES);
  for (const { class: top, score, outputs = [] } of records) {
    if (outputs.length !== 3 || Math.abs(outputs.reduce((a, b) => a + b, 0) - 1) > 1e-3)
      t.fail('no probabilities');
    if (score !== Math.max(...outputs) || top !== KINDS[outputs.indexOf(score)]) t.fail('not the top class');
  }
  const client = createClient({ url: servers.MILLRACE_CLICKHOUSE_URL });
  const query = `SELECT toFloat64(max(abs(arrayMax(outputs) - score))) AS off, countIf(class = '') AS none,
    countIf(length(outputs) = 3) AS n FROM predictions WHERE topology = '${topic}-kind'`;
  const [row] = await (
    await client.query({ query, format: 'JSONEachRow' })
  ).json<{ off: number; none: string; n: string }>();
  t.same([row?.off, Number(row?.none), Number(row?.n)], [0, 0, RIDES]);
  await client.close();
  await sameAsScikit(t, 'kind', real);
});

t.test('values whose labels are corrected and withdrawn, embedded and on Kafka', async (t) => {
  const [embedded, real] = await runs('corrected');
  t.equal(real?.predictionsSha256, embedded?.predictionsSha256, 'bit by bit, models included');
  t.match(real?.retrainings[0], { verdict: 'promoted' });
  const voided = Array.from({ length: RIDES }, (_, i) => i).filter((i) => i >= 90 && i % 10 === 1).length;
  t.equal(real?.labels.joined, RIDES - voided);
  t.equal(real?.labels.never, voided);
  for (const report of [real, embedded]) await sameAsScikit(t, 'corrected', report);
  const client = createClient({ url: servers.MILLRACE_CLICKHOUSE_URL });
  const query = `SELECT label_state, count() AS n FROM predictions_labelled WHERE topology = '${topic}-corrected'
    GROUP BY label_state ORDER BY label_state`;
  const states = await (await client.query({ query, format: 'JSONEachRow' })).json<{ n: string }>();
  t.same(
    states.map((state) => ({ ...state, n: Number(state.n) })),
    [
      { label_state: 'joined', n: RIDES - voided },
      { label_state: 'withdrawn', n: voided },
    ],
  );
  await client.close();
});
