// `millrace produce` and `millrace run` on real Kafka, Redis and ClickHouse: the same predictions as the embedded run, bit
// for bit, including trained and promoted models; readable by independent clients.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createClient } from '@clickhouse/client';
import { AvroDeserializer, SchemaRegistryClient, SerdeType } from '@confluentinc/schemaregistry';
import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import t from 'tap';
import type { RunReport } from '../../src/app/compose/run-report.ts';
import { partitionOf } from '../../src/core/murmur2.ts';
import { demo, millrace, node } from '../support/cli.ts';
import { clickhouseUrl, kafkaBrokers, redisUrl, uniqueName } from '../support/services.ts';

t.setTimeout(200_000);

const UNTIL = '2013-01-08';
const name = uniqueName('flights').replaceAll('_', '-');
const folder = mkdtempSync(join(tmpdir(), 'millrace-run-'));
t.teardown(() => rmSync(folder, { recursive: true }));

/** The demo's topology with its own name and topic, so that a broker can be shared and reused. */
function writeTopology(): string {
  mkdirSync(join(folder, 'schemas'));
  copyFileSync('schemas/flights-value.avsc', join(folder, 'schemas', `${name}-value.avsc`));
  const file = join(folder, 'topology.ts');
  writeFileSync(
    file,
    `import early from '${resolve(import.meta.dirname, '../support/early-flights.ts')}';
export default { ...early, name: '${name}', source: { ...early.source, topic: '${name}' } };
`,
  );
  return file;
}

const topology = writeTopology();
const schemas = { MILLRACE_SCHEMAS: join(folder, 'schemas') };
const real = {
  ...schemas,
  MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
  MILLRACE_REDIS_URL: redisUrl(),
  MILLRACE_CLICKHOUSE_URL: clickhouseUrl(),
  MILLRACE_DATA: join(folder, 'real'),
  MILLRACE_PORT: '0',
};

function reportAt(file: string): RunReport {
  return JSON.parse(readFileSync(file, 'utf8')) as RunReport;
}

/** Runs the demo's command on the same events, in a separate process. */
async function embeddedRun(): Promise<RunReport> {
  const report = join(folder, 'embedded.json');
  const ended = await node(['test/support/embedded-run.ts', topology, UNTIL, report], {
    ...schemas,
    MILLRACE_DATA: join(folder, 'embedded'),
  });
  if (ended.code !== 0) throw new Error(ended.stderr);
  return reportAt(report);
}

const reportFile = join(folder, 'real.json');

t.test('the same predictions as the embedded run', async (t) => {
  const embedded = await embeddedRun();
  const produced = await demo(['produce', '--until', UNTIL, '--speed', 'max', '--topic', name], real);
  t.equal(produced.code, 0, produced.stderr);
  t.match(produced.stdout, new RegExp(`^events +${embedded.events} in `, 'm'));
  const ran = await millrace(['run', topology, '--until-caught-up', '--report', reportFile], real);
  t.equal(ran.code, 0, ran.stderr);
  t.match(ran.stdout, /^log +Kafka at /m);
  const report = reportAt(reportFile);
  t.ok(
    embedded.retrainings.some(({ verdict }) => verdict === 'promoted'),
    'with a trained model',
  );
  t.equal(report.predictionsSha256, embedded.predictionsSha256);
  t.equal(report.predictions, embedded.scheduled);
  t.same(report.labels, embedded.labels);
});

t.test('a second run has nothing to do', async (t) => {
  const again = join(folder, 'again.json');
  const ran = await millrace(['run', topology, '--until-caught-up', '--report', again], real);
  t.equal(ran.code, 0, ran.stderr);
  t.equal(reportAt(again).predictions, 0);
});

t.test('rows in ClickHouse', async (t) => {
  const client = createClient({ url: clickhouseUrl() });
  const query = `SELECT count() AS n, uniqExact(partition, offset) AS ids FROM predictions WHERE topology = '${name}'`;
  const rows = await (
    await client.query({ query, format: 'JSONEachRow' })
  ).json<{ n: string; ids: string }>();
  const { predictions } = reportAt(reportFile);
  t.same(
    rows.map(({ n, ids }) => [Number(n), Number(ids)]),
    [[predictions, predictions]],
  );
  await client.close();
});

t.test('features in Redis, by the documented key', async (t) => {
  const redis = new Redis(redisUrl());
  const partition = partitionOf(Buffer.from('JFK'), 4);
  const key = `mr:{${name}:${name}:${partition}}:k:features:origin=JFK`;
  const vector = await redis.hgetBuffer(key, 'v');
  t.ok(vector !== null && vector.length > 0 && vector.length % 4 === 0, 'float32, little-endian');
  await redis.quit();
});

t.test('predictions for an independent consumer', async (t) => {
  const topic = `${name}.predictions`;
  const client = SchemaRegistryClient.newClient({ baseURLs: ['mock://'] });
  // No registry is configured: its schemas, in the order of their ids, are in the data folder.
  const kept = readFileSync(join(folder, 'real', 'schema-registry.json'), 'utf8');
  for (const { subject, schema } of JSON.parse(kept) as Array<{ subject: string; schema: string }>)
    await client.register(subject, { schema, schemaType: 'AVRO' }, false);
  const deserializer = new AvroDeserializer(client, SerdeType.VALUE, {});
  const kafka = new Kafka({ brokers: kafkaBrokers().split(','), logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: uniqueName('reader'), readUncommitted: false });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const ids = new Set<string>();
  let seen = 0;
  const { predictions } = reportAt(reportFile);
  await new Promise<void>((done, reject) => {
    const eachMessage = async (value: Buffer | null): Promise<void> => {
      const { id, score } = (await deserializer.deserialize(topic, value as Buffer)) as {
        id: string;
        score: number;
      };
      ids.add(id);
      seen += 1;
      if (!(score >= 0 && score <= 1)) reject(new Error(`score ${score} of ${id}`));
      if (seen === predictions) done();
    };
    consumer.run({ eachMessage: ({ message }) => eachMessage(message.value).catch(reject) }).catch(reject);
  });
  t.equal(ids.size, predictions, 'each id once');
  await consumer.disconnect();
});
