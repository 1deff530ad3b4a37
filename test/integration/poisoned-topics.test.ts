// Junk and forged records in every topic of a running engine, and of one that restarts, on a real broker with
// `millrace run`: all good events are predicted, boundaries are decided, and each piece of junk is in the quarantine.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Kafka, logLevel } from 'kafkajs';
import t from 'tap';
import { AvroCodec } from '../../src/adapters/avro/codec.ts';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { ProjectSchemas } from '../../src/adapters/schemas/project-schemas.ts';
import type { ModelUpdateRecord, PredictionRecord } from '../../src/runtime/records.ts';
import { millrace } from '../support/cli.ts';
import {
  FAR_MS,
  FORGED,
  forgedHead,
  forgedJob,
  forgedObservation,
  forgedPrediction,
  forgedUpdate,
  junkValues,
  TOO_LATE_MS,
} from '../support/forged-records.ts';
import { runEngine, type RunningEngine } from '../support/running-engine.ts';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.ts';
import { quietTelemetry } from './quiet-telemetry.ts';

t.setTimeout(150_000);

const START_MS = Date.UTC(2024, 0, 1);
const EVERY_MS = 600_000;
const EVENTS = 40;

const name = uniqueName('poisoned').replaceAll('_', '-');
const folder = mkdtempSync(join(tmpdir(), 'millrace-poisoned-'));
const data = join(folder, 'data');
const file = join(folder, 'topology.ts');
const index = resolve(import.meta.dirname, '../../src/index.ts');
writeFileSync(
  file,
  `import { above, binary, defineTopology, double, features, hours, labels, numeric, score, source, string, timestamp } from '${index}';
const events = source('${name}', { schema: { id: string, amount: double, at: timestamp }, eventTime: 'at', partitions: 1 });
export default defineTopology(events, {
  name: '${name}',
  stages: [features({ fields: { amount: numeric('amount') } }), score({ key: 'id', fallback: 0.5 }), labels({ key: 'id', task: binary({ column: 'amount', positive: above(9) }) })],
  retraining: { firstRows: ${EVENTS + 5} },
  control: { everyMs: hours(1), mode: 'aligned' },
});
`,
);

const brokers = kafkaBrokers().split(',');
const settings = { MILLRACE_KAFKA_BROKERS: kafkaBrokers(), MILLRACE_REDIS_URL: redisUrl() };
const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer();
const log = new KafkaEventLog({ brokers }, quietTelemetry());
await producer.connect();
let engine: RunningEngine | null = null;
t.teardown(async () => {
  await engine?.stop();
  await producer.disconnect();
  await log.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
});

const openCodec = (): AvroCodec => {
  const registry = { url: null, file: join(data, 'schema-registry.json') };
  return new AvroCodec(new ProjectSchemas({ registry, schemaFolders: [] }));
};

async function produce(from: number): Promise<void> {
  const path = join(folder, `events-${from}.jsonl`);
  const lines = Array.from({ length: EVENTS }, (_, i) => {
    const at = START_MS + (from + i) * EVERY_MS;
    return JSON.stringify({ id: `e-${from + i}`, amount: i, at });
  });
  writeFileSync(path, `${lines.join('\n')}\n`);
  const { code, stderr } = await millrace(['produce', file, '--events', path], {
    ...settings,
    MILLRACE_DATA: data,
  });
  if (code !== 0) throw new Error(stderr);
}

async function* decoded<T>(topic: string): AsyncGenerator<T> {
  const codec = openCodec();
  const decoder = await codec.decoder<T>(`${topic}-value`);
  const [range = { low: 0, high: 0 }] = await log.offsets(topic);
  for await (const raw of log.read(topic, 0, range.low, range.high)) {
    for (const value of raw.values) {
      const record = value === null ? null : await decoder.decode(value).catch(() => null);
      if (record !== null) yield record;
    }
  }
  await codec.close();
}

/** Resolves when each event below `count` has its prediction, once. */
async function predicted(count: number): Promise<void> {
  for (;;) {
    const keys: string[] = [];
    for await (const { key } of decoded<PredictionRecord>(`${name}.predictions`))
      if (key.startsWith('e-')) keys.push(key);
    if (keys.length > count) throw new Error(`${keys.length} predictions of ${count} events`);
    if (new Set(keys).size === count) return;
    await sleep(200);
  }
}

/** Resolves when the first training has an outcome: its job came after the junk among the jobs. */
async function trained(): Promise<void> {
  for (;;) {
    for await (const { version, reason } of decoded<ModelUpdateRecord>(`${name}.model-updates`))
      if (version === 'v1' && reason !== FORGED) return;
    await sleep(200);
  }
}

async function send(kind: string, values: readonly Buffer[], key: string | null = null): Promise<void> {
  await producer.send({
    topic: `${name}.${kind}`,
    messages: [...junkValues, ...values].map((value) => ({ key: key ?? 'k', value, partition: 0 })),
  });
}

async function poison(): Promise<void> {
  const codec = openCodec();
  const encoder = async (kind: string): Promise<(value: object) => Buffer> => {
    const opened = await codec.encoder<object>(`${name}.${kind}-value`);
    return (value) => opened.encode(value);
  };
  const prediction = await encoder('predictions');
  const ids = ['0-1000000000000', '99-1', `0-${EVENTS}`, `0-${EVENTS + 5}`];
  await send('predictions', [
    ...ids.map((id) => prediction(forgedPrediction(`${name}-${id}`))),
    prediction({ ...forgedPrediction(`${name}-0-3`), eventTime: TOO_LATE_MS }),
  ]);
  const observation = await encoder('observations');
  const seen = forgedObservation;
  await send('observations', [
    observation({ ...seen, partition: 99, boundaryMs: START_MS }),
    observation({ ...seen, partition: 99, idle: false }),
    observation({ ...seen, boundaryMs: FAR_MS }),
    observation({ ...seen, boundaryMs: TOO_LATE_MS }),
    observation({ ...seen, idle: false }),
    observation({ ...seen, labels: Buffer.alloc(7) }),
    observation({ ...seen, width: 1e9, scores: Buffer.alloc(4) }),
    observation({ ...seen, format: 77 }),
  ]);
  const update = await encoder('model-updates');
  const champion = forgedUpdate(name);
  const bomb = gzipSync(Buffer.alloc(300_000_000)).toString('base64');
  await send('model-updates', [
    update({ ...champion, manifest: 'no manifest' }),
    update({ ...champion, manifest: gzipSync('{"topology": 5}').toString('base64') }),
    update({ ...champion, manifest: bomb }),
    update({ ...champion, topology: 'other' }),
    update({ ...champion, version: '../../v1' }),
    update({ ...champion, atMs: TOO_LATE_MS }),
  ]);
  const job = await encoder('retraining-jobs');
  const request = forgedJob(name);
  await send('retraining-jobs', [
    job({ ...request, topology: 'other' }),
    job({ ...request, version: '../../../v7' }),
    job({ ...request, atMs: TOO_LATE_MS }),
  ]);
  await send('loop-state', [], 'head');
  for (const kind of ['dead-letters', 'late', 'drift-reports']) await send(kind, []);
  await codec.close();
  const version = join(data, 'models', name, 'v9');
  mkdirSync(version, { recursive: true });
  for (const damaged of ['manifest.json', 'status.json'])
    writeFileSync(join(version, damaged), '{"topology":');
}

async function quarantined(): Promise<string[]> {
  const metrics = await (await fetch(new URL('metrics', engine?.url))).text();
  const counted = metrics.matchAll(/^millrace_quarantined_total\{topic="([^"]+)",reason="([^"]+)"\} /gm);
  return [...counted].map(([, topic = '', reason]) => `${topic.replace(`${name}.`, '')} ${reason}`).sort();
}

const start = (): Promise<RunningEngine> => runEngine(['run', file], data, settings);

t.test('a running engine, and one that restarts', async (t) => {
  engine = await start();
  await produce(0);
  await predicted(EVENTS);
  await poison();
  await produce(EVENTS);
  await predicted(2 * EVENTS);
  await trained();
  const followed = await quarantined();
  for (const expected of ['malformed', 'version', 'range'])
    t.ok(followed.includes(`observations ${expected}`), expected);
  for (const expected of ['malformed', 'version', 'range', 'foreign', 'too_large'])
    t.ok(followed.includes(`model-updates ${expected}`), expected);
  t.ok(followed.includes('retraining-jobs malformed') && followed.includes('retraining-jobs range'));
  t.ok(followed.includes('file malformed'), followed.join());
  t.equal(await engine.stop(), 0);
  await send('loop-state', [forgedHead(name)], 'head');
  engine = await start();
  await produce(2 * EVENTS);
  await predicted(3 * EVENTS);
  const restored = await quarantined();
  t.ok(restored.includes('loop-state foreign'), restored.join());
  for (const expected of ['malformed', 'version', 'range', 'foreign'])
    t.ok(restored.includes(`predictions ${expected}`), expected);
  const kept = new Set<string>();
  for await (const { topic, offset } of decoded<{ topic: string; offset: number }>(`${name}.quarantine`))
    kept.add(`${topic}-${offset}`);
  t.ok(kept.size > 20, `${kept.size} records are kept`);
  t.equal(await engine.stop(), 0);
});
