// Sensitive columns on real Kafka, Redis and ClickHouse with `millrace run`: no plain value is in anything that is written,
// what is encrypted opens by another implementation, and dead letters are masked, put back, and unreadable without their key.
import { createHmac, randomBytes, webcrypto } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createClient } from '@clickhouse/client';
import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import t from 'tap';
import { AvroCodec } from '../../src/adapters/avro/codec.ts';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { ProjectSchemas } from '../../src/adapters/schemas/project-schemas.ts';
import { openWrapper } from '../../src/app/compose/personal-keys.ts';
import { TopologyKeys } from '../../src/runtime/personal/topology-keys.ts';
import type { DeadLetterRecord, PredictionRecord } from '../../src/runtime/records.ts';
import { millrace } from '../support/cli.ts';
import { destroyKeys } from '../support/destroy-keys.ts';
import { withAdmin } from '../support/kafka-admin.ts';
import { clickhouseUrl, kafkaBrokers, redisUrl, uniqueName } from '../support/services.ts';
import { quietTelemetry } from './quiet-telemetry.ts';

t.setTimeout(200_000);

const name = uniqueName('cards').replaceAll('_', '-');
const folder = mkdtempSync(join(tmpdir(), 'millrace-sensitive-'));
const data = join(folder, 'data');
const brokers = kafkaBrokers().split(',');
const log = new KafkaEventLog({ brokers }, quietTelemetry());
const schemas = new ProjectSchemas({
  registry: { url: null, file: join(data, 'schema-registry.json') },
  schemaFolders: [],
});
const codec = new AvroCodec(schemas);
t.teardown(async () => {
  await log.close();
  rmSync(folder, { recursive: true });
});

const CARD = 'CANARY-4111111111111111';
const EMAIL = 'CANARY-ann@example.com';
const INCOME = 481_516_234.25;
const PLAIN = /CANARY|481516234/;

const hashKey = randomBytes(32);
const encryptionKey = randomBytes(32).toString('base64');
writeFileSync(join(folder, 'hash.key'), hashKey.toString('hex'));
writeFileSync(join(folder, 'encryption.key'), encryptionKey);

const settings = {
  MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
  MILLRACE_REDIS_URL: redisUrl(),
  MILLRACE_CLICKHOUSE_URL: clickhouseUrl(),
  MILLRACE_DATA: data,
  MILLRACE_PORT: '0',
  MILLRACE_LOG_LEVEL: 'debug',
};
const keys = {
  MILLRACE_HASH_KEY_FILE: join(folder, 'hash.key'),
  MILLRACE_ENCRYPTION_KEY_FILE: join(folder, 'encryption.key'),
};

const file = join(folder, 'cards.ts');
writeFileSync(
  file,
  `import * as m from '${resolve(import.meta.dirname, '../../src/index.ts')}';
const { string, nullable, double, timestamp } = m;
export default m.defineTopology(
  m.source('${name}', {
    schema: { id: string, card: string, email: nullable(string), income: nullable(double), amount: double, at: timestamp },
    eventTime: 'at', partitions: 2, archive: true,
    sensitive: { card: 'hash', email: 'encrypt', income: 'drop' }, entity: 'card',
  }),
  { name: '${name}', stages: [
    m.contract([m.required('email'), m.range('amount', 0, 100)]),
    m.watermarks({ allowedLatenessMs: 1_000 }),
    m.features({ fields: { amount: m.numeric('amount') }, views: { card: m.view(['card'], { n: m.count({ over: m.sliding(m.minutes(5)) }) }) } }),
    m.score({ key: 'card', fallback: 0.5 }),
  ] },
);
`,
);

const START = Date.UTC(2026, 0, 1);

function event(i: number, more: object = {}): string {
  const usual = { id: `e${i}`, card: CARD, email: EMAIL, income: INCOME, amount: 5, at: START + i * 1_000 };
  return JSON.stringify({ ...usual, ...more });
}

/** Bytes of every record of the topology's own topics, keys included. */
async function written(): Promise<Array<{ readonly topic: string; readonly text: string }>> {
  const topics = (await withAdmin((admin) => admin.listTopics())).filter((topic) =>
    topic.startsWith(`${name}.`),
  );
  const found: Array<{ topic: string; text: string }> = [];
  for (const topic of topics)
    for (const [partition, { low, high }] of (await log.offsets(topic)).entries())
      for await (const raw of log.read(topic, partition, low, high))
        for (const column of [raw.keys, raw.values])
          for (const bytes of column) found.push({ topic, text: bytes?.toString('latin1') ?? '' });
  return found;
}

async function recordsOf<T extends object>(topic: string): Promise<T[]> {
  const decoder = await codec.decoder<T>(`${topic}-value`);
  const found: T[] = [];
  for (const [partition, { low, high }] of (await log.offsets(topic)).entries())
    for await (const { values } of log.read(topic, partition, low, high))
      for (const value of values) if (value !== null) found.push({ ...(await decoder.decode(value)) });
  return found;
}

function filesBelow(at: string): string[] {
  return readdirSync(at).flatMap((entry) => {
    const path = join(at, entry);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}

async function produce(lines: readonly string[]): Promise<void> {
  const events = join(folder, 'events.jsonl');
  writeFileSync(events, lines.map((line) => `${line}\n`).join(''));
  const { code, stderr } = await millrace(['produce', file, '--events', events], settings);
  rmSync(events);
  if (code !== 0) throw new Error(stderr);
}

/** Everything that commands have printed. */
const printed: string[] = [];

async function command(args: readonly string[], given: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await millrace(args, given);
  printed.push(stdout, stderr);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

t.test('an engine without the keys does not start, and says which it needs', async (t) => {
  await produce([
    event(1),
    event(2, { card: 'CANARY-other' }),
    event(3, { amount: 999 }),
    event(4, { email: null }),
    event(600),
    event(5), // late
  ]);
  const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  await producer.send({ topic: name, messages: [{ key: CARD, value: `${CARD} is no Avro`, partition: 0 }] });
  await producer.disconnect();
  const { code, stderr } = await millrace(['run', file, '--until-caught-up'], settings);
  t.equal(code, 1);
  t.match(stderr, /MILLRACE_HASH_KEY is not set/);
  t.notMatch(stderr, PLAIN);
});

t.test('the error of a line that is no event does not quote it', async (t) => {
  const error: unknown = await produce([`{"id": "e", "card": "${CARD}`]).catch((thrown: unknown) => thrown);
  t.match(String(error), /events\.jsonl:1/);
  t.notMatch(String(error), PLAIN);
});

t.test('no plain value is in anything that is written', async (t) => {
  await command(['run', file, '--until-caught-up', '--report', join(folder, 'report.json')], {
    ...settings,
    ...keys,
  });
  const records = await written();
  t.ok(
    records.some(({ topic }) => topic.endsWith('.late')) &&
      records.some(({ topic }) => topic.endsWith('.dead-letters')),
  );
  for (const { topic, text } of records) if (PLAIN.test(text)) t.fail(`${topic} has a plain value`);

  const redis = new Redis(redisUrl());
  const stored: string[] = [];
  for await (const found of redis.scanStream({ match: `mr:{${name}:*` }))
    for (const key of found as string[]) {
      stored.push(key);
      if ((await redis.type(key)) === 'hash')
        for (const [field, value] of Object.entries(await redis.hgetallBuffer(key)))
          stored.push(field, value.toString('latin1'));
    }
  await redis.quit();
  t.ok(
    stored.some((text) => text.includes('card=')),
    'there is state by card',
  );
  t.notMatch(stored.join('\n'), PLAIN);

  const client = createClient({ url: clickhouseUrl() });
  const columns = `SELECT DISTINCT table FROM system.columns WHERE database = currentDatabase() AND name = 'topology'`;
  const tables = await (
    await client.query({ query: columns, format: 'JSONEachRow' })
  ).json<{ table: string }>();
  let rows = 0;
  for (const { table } of tables) {
    const query = `SELECT * FROM ${table} WHERE topology = '${name}'`;
    const text = await (await client.query({ query, format: 'TabSeparatedRaw' as never })).text();
    rows += text.length;
    t.notMatch(text, PLAIN, table);
  }
  t.ok(rows > 500, 'the history has rows, archived events among them');
  await client.close();

  for (const path of [...filesBelow(data), join(folder, 'report.json')])
    t.notMatch(readFileSync(path).toString('latin1'), PLAIN, path);
  t.notMatch(printed.join('\n'), PLAIN);
  t.notMatch(printed.join('\n'), new RegExp(encryptionKey.slice(0, 20)));
});

t.test('predictions are by the HMAC of the card', async (t) => {
  const predictions = await recordsOf<PredictionRecord>(`${name}.predictions`);
  const mac = createHmac('sha256', hashKey).update(CARD).digest('base64url');
  t.equal(predictions.filter(({ key }) => key.endsWith(`:${mac}`)).length, 2);
  t.equal(predictions.length, 3);
});

t.test('a dead letter opens by another implementation of AES-GCM', async (t) => {
  const config = { hashKey: null, encryptionKey, kmsModule: null };
  const data = await TopologyKeys.open(log, codec, name, await openWrapper(name, config));
  const letters = await recordsOf<DeadLetterRecord>(`${name}.dead-letters`);
  t.equal(letters.length, 3);
  for (const { topic, value } of letters) {
    const sealed = value ?? Buffer.alloc(0);
    const key = data.find(sealed.subarray(4, 20).toString('hex'));
    const imported = await webcrypto.subtle.importKey('raw', key?.key ?? Buffer.alloc(32), 'AES-GCM', false, [
      'decrypt',
    ]);
    const additionalData = Buffer.from(`${name}\n${topic}\nvalue`);
    const algorithm = { name: 'AES-GCM', iv: sealed.subarray(20, 32), additionalData };
    const plain = Buffer.from(await webcrypto.subtle.decrypt(algorithm, imported, sealed.subarray(32)));
    t.match(plain.toString('latin1'), CARD);
  }
});

t.test('dead letters are masked, and without the key nothing of them is shown', async (t) => {
  const shown = await command(['dead-letters', 'show', file, '--limit', '5'], { ...settings, ...keys });
  t.match(shown, /"card": "\(sensitive\)"/);
  t.match(shown, /"id": "e3"/);
  const listed = await command(['dead-letters', 'list', file], settings);
  t.match(listed, /CONTRACT_RANGE/);
  t.notMatch(listed, /e3/);
  t.notMatch(printed.join('\n'), PLAIN);
});

t.test('a replay puts the original bytes back, but for those whose key is destroyed', async (t) => {
  const originals = await sourceValues();
  const ofPartition = await recordsOf<DeadLetterRecord>(`${name}.dead-letters`);
  const undecoded = ofPartition.filter(({ code }) => code === 'EVENT_NOT_FRAMED');
  const mac = createHmac('sha256', hashKey).update(CARD).digest('base64url');
  const predicted = await recordsOf<PredictionRecord>(`${name}.predictions`);
  const entity = predicted.find(({ key }) => key.endsWith(mac))?.key ?? '';
  t.ok((await destroyKeys(log, name, entity)) > 0);
  await command(['replay-dead-letters', file], { ...settings, ...keys });
  const after = await sourceValues();
  t.equal(after.length, originals.length + undecoded.length, 'what belongs to no entity is put back');
  t.equal(after.filter((value) => value === `${CARD} is no Avro`).length, 2);
});

async function sourceValues(): Promise<string[]> {
  const values: string[] = [];
  for (const [partition, { low, high }] of (await log.offsets(name)).entries())
    for await (const raw of log.read(name, partition, low, high))
      for (const value of raw.values) values.push(value?.toString('latin1') ?? '');
  return values;
}
