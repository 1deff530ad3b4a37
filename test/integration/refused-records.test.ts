// Events whose outputs a topic does not accept, on a real broker with `millrace run`: each is accounted for, once, and
// those around it are predicted.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import t from 'tap';
import { AvroCodec } from '../../src/adapters/avro/codec.ts';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { ProjectSchemas } from '../../src/adapters/schemas/project-schemas.ts';
import type { RunReport } from '../../src/app/compose/run-report.ts';
import type { DeadLetterRecord, PredictionRecord } from '../../src/runtime/records.ts';
import { millrace } from '../support/cli.ts';
import { eventOf, scoredTopology, type ScoredEvent } from '../support/scored-topology.ts';
import { kafkaBrokers } from '../support/services.ts';
import { quietTelemetry } from './quiet-telemetry.ts';

t.setTimeout(120_000);

const brokers = kafkaBrokers().split(',');
const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
const topology = scoredTopology('refused', 'partitions: 1,');
const { name, folder, file } = topology;
const data = join(folder, 'data');
const settings = { MILLRACE_KAFKA_BROKERS: kafkaBrokers(), MILLRACE_DATA: data, MILLRACE_PORT: '0' };
const log = new KafkaEventLog({ brokers }, quietTelemetry());
const producer = kafka.producer();
const admin = kafka.admin();
await producer.connect();
await admin.connect();
t.teardown(async () => {
  await producer.disconnect();
  await admin.disconnect();
  await log.close();
  topology.remove();
});

async function create(topic: string, bytes: number): Promise<void> {
  const configEntries = [{ name: 'max.message.bytes', value: String(bytes) }];
  await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] });
}

async function produce(events: readonly ScoredEvent[]): Promise<void> {
  const path = join(folder, 'events.jsonl');
  writeFileSync(path, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  const ended = await millrace(['produce', file, '--events', path], settings);
  if (ended.code !== 0) throw new Error(ended.stderr);
}

/** The values of a topic, of which there are `count`: a commit is visible a little after its answer. */
async function readAll<T>(topic: string, count: number): Promise<T[]> {
  const registry = { url: null, file: join(data, 'schema-registry.json') };
  const codec = new AvroCodec(new ProjectSchemas({ registry, schemaFolders: [] }));
  const decoder = await codec.decoder<T>(`${topic}-value`);
  for (;;) {
    const values = await bytesOf(topic, 0);
    if (values.length < count) continue;
    const decoded = await Promise.all(values.map(async (value) => ({ ...(await decoder.decode(value)) })));
    await codec.close();
    return decoded;
  }
}

async function bytesOf(topic: string, from: number): Promise<Buffer[]> {
  const values: Buffer[] = [];
  const [range] = await log.offsets(topic);
  for await (const raw of log.read(topic, 0, from, range?.high ?? 0))
    for (const value of raw.values) if (value !== null) values.push(value);
  return values;
}

async function run(): Promise<RunReport> {
  const report = join(folder, 'report.json');
  const ran = await millrace(['run', file, '--until-caught-up', '--report', report], settings);
  if (ran.code !== 0) throw new Error(ran.stderr);
  return JSON.parse(readFileSync(report, 'utf8')) as RunReport;
}

const LARGE = 2_000_000;
const LONG_KEY = 530_000;
/** The exact size that a default topic accepts of an event, and not of its dead letter. */
const NEARLY_LARGE = 1_048_450;

t.test('large events, refused, late and with a long key', async (t) => {
  await create(name, 5_000_000);
  // As an operator may have created them, with the broker's own limit.
  for (const topic of ['predictions', 'dead-letters', 'late']) await create(`${name}.${topic}`, 1_048_588);
  await produce([0, 1, 2].map(eventOf));
  await producer.send({
    topic: name,
    messages: [{ partition: 0, key: 'k'.repeat(LONG_KEY), value: Buffer.alloc(LARGE) }],
  });
  await producer.send({
    topic: name,
    messages: [{ partition: 0, key: null, value: Buffer.alloc(NEARLY_LARGE) }],
  });
  await produce([{ ...eventOf(5), id: 'i'.repeat(LONG_KEY) }]);
  await produce([eventOf(600)]);
  await produce([{ ...eventOf(6), card: 'c'.repeat(LARGE) }, eventOf(601)]);
  const { predictions, deadLetters } = await run();
  t.same({ predictions, deadLetters }, { predictions: 5, deadLetters: 4 });
  const letters = await readAll<DeadLetterRecord>(`${name}.dead-letters`, 4);
  t.match(
    letters.map(({ offset, code, cut }) => ({ offset, code, cut })),
    [
      { offset: 3, code: 'SCHEMA_UNKNOWN', cut: { keyBytes: LONG_KEY, valueBytes: LARGE } },
      { offset: 4, code: 'SCHEMA_UNKNOWN', cut: { keyBytes: 0, valueBytes: NEARLY_LARGE } },
      { offset: 5, code: 'OUTPUT_TOO_LARGE', cut: null },
      { offset: 7, code: 'OUTPUT_TOO_LARGE', cut: { keyBytes: LARGE } },
    ],
  );
  const predicted = await readAll<PredictionRecord>(`${name}.predictions`, 5);
  t.same(
    predicted.map(({ id }) => id),
    [0, 1, 2, 6, 8].map((offset) => `${name}-0-${offset}`),
  );
});

t.test('a restart writes nothing twice', async (t) => {
  const { predictions, deadLetters } = await run();
  t.same({ predictions, deadLetters }, { predictions: 0, deadLetters: 0 });
});

t.test('a dead letter that was cut is put back whole', async (t) => {
  const ended = await millrace(['replay-dead-letters', file, '--code', 'OUTPUT_TOO_LARGE'], settings);
  t.equal(ended.code, 0, ended.stderr);
  let sizes: number[] = [];
  while (sizes.length < 2) sizes = (await bytesOf(name, 9)).map(({ length }) => length);
  t.ok((sizes[0] ?? 0) > LONG_KEY && (sizes[1] ?? 0) > LARGE, sizes.join());
});
