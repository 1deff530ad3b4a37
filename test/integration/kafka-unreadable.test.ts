// Batches that cannot be read, between events that can, on a real broker: each of their records is a dead letter with its
// position, and the events after them are predicted.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CompressionTypes, Kafka, logLevel } from 'kafkajs';
import t from 'tap';
import { AvroCodec } from '../../src/adapters/avro/codec.ts';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { ProjectSchemas } from '../../src/adapters/schemas/project-schemas.ts';
import type { RunReport } from '../../src/app/compose/run-report.ts';
import type { DeadLetterRecord } from '../../src/runtime/records.ts';
import { millrace } from '../support/cli.ts';
import { scoredTopology } from '../support/scored-topology.ts';
import { kafkaBrokers } from '../support/services.ts';
import { quietTelemetry } from './quiet-telemetry.ts';

t.setTimeout(120_000);

const brokers = kafkaBrokers().split(',');
const topology = scoredTopology('unreadable', 'partitions: 1,');
const data = join(topology.folder, 'data');
const settings = { MILLRACE_KAFKA_BROKERS: kafkaBrokers(), MILLRACE_DATA: data, MILLRACE_PORT: '0' };
t.teardown(() => topology.remove());

const log = new KafkaEventLog({ brokers }, quietTelemetry());
t.teardown(() => log.close());

async function produce(from: number, to: number): Promise<void> {
  const events = topology.eventsFile(from, to);
  const ended = await millrace(['produce', topology.file, '--events', events], settings);
  if (ended.code !== 0) throw new Error(ended.stderr);
}

/** Three records of 30 MB, which gzip makes some hundred KB of. */
async function produceBomb(): Promise<void> {
  const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  const value = Buffer.alloc(30_000_000);
  const messages = ['a', 'b', 'c'].map((key) => ({ key, value }));
  await producer.send({ topic: topology.name, compression: CompressionTypes.GZIP, messages });
  await producer.disconnect();
}

t.test('a batch that expands past the bound, between events', async (t) => {
  await produce(0, 50);
  await produceBomb();
  await produce(50, 80);
  const report = join(topology.folder, 'report.json');
  const ran = await millrace(['run', topology.file, '--until-caught-up', '--report', report], settings);
  t.equal(ran.code, 0, ran.stderr);
  const { events, predictions, deadLetters } = JSON.parse(readFileSync(report, 'utf8')) as RunReport;
  t.same({ events, predictions, deadLetters }, { events: 83, predictions: 80, deadLetters: 3 });
  const codec = new AvroCodec(
    new ProjectSchemas({
      registry: { url: null, file: join(data, 'schema-registry.json') },
      schemaFolders: [],
    }),
  );
  const topic = `${topology.name}.dead-letters`;
  const decoder = await codec.decoder<DeadLetterRecord>(`${topic}-value`);
  const letters: DeadLetterRecord[] = [];
  for (const [partition, { low, high }] of (await log.offsets(topic)).entries())
    for await (const raw of log.read(topic, partition, low, high))
      for (const value of raw.values) if (value !== null) letters.push({ ...(await decoder.decode(value)) });
  t.match(
    letters.toSorted((a, b) => a.offset - b.offset),
    [50, 51, 52].map((offset) => ({
      topic: topology.name,
      partition: 0,
      offset,
      code: 'BATCH_TOO_LARGE',
      key: null,
      value: null,
    })),
  );
  await codec.close();
});

t.test('a restart has nothing to do', async (t) => {
  const report = join(topology.folder, 'again.json');
  const ran = await millrace(['run', topology.file, '--until-caught-up', '--report', report], settings);
  t.equal(ran.code, 0, ran.stderr);
  t.match(JSON.parse(readFileSync(report, 'utf8')), { predictions: 0, deadLetters: 0 });
});
