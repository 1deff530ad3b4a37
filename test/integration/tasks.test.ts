// A regression and a topology of three classes, embedded and on Kafka: the same predictions bit by bit, with models that were
// trained on the way; what consumers and the history have.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createClient } from '@clickhouse/client';
import t from 'tap';
import { openCodec, openLog } from '../../src/app/compose/adapters.ts';
import type { RunReport } from '../../src/app/compose/run-report.ts';
import { readConfig } from '../../src/app/settings/config.ts';
import { openPredictionDecoder } from '../../src/runtime/prediction-decoder.ts';
import type { PredictionRecord } from '../../src/runtime/records.ts';
import { FakeTelemetry } from '../../src/testing/index.ts';
import { topicsOf } from '../../src/topology/topics.ts';
import { millrace } from '../support/cli.ts';
import { clickhouseUrl, kafkaBrokers, redisUrl, uniqueName } from '../support/services.ts';
import { KINDS, rideEvents, rideTopology } from './task-topologies.ts';

t.setTimeout(300_000);

const RIDES = 480;
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

function fileOf(task: 'minutes' | 'kind'): string {
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

async function runs(task: 'minutes' | 'kind'): Promise<RunReport[]> {
  const [embedded, real] = [join(folder, `${task}-embedded.json`), join(folder, `${task}-real.json`)];
  const start = ['start', fileOf(task), '--events', events, '--exit', '--report', embedded];
  await ran(start, { MILLRACE_DATA: join(folder, `${task}-data`), MILLRACE_PORT: '0' });
  await ran(['run', fileOf(task), '--until-caught-up', '--report', real], servers);
  return [embedded, real].map((file) => JSON.parse(readFileSync(file, 'utf8')) as RunReport);
}

async function recordsOf(task: 'minutes' | 'kind'): Promise<PredictionRecord[]> {
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
});
