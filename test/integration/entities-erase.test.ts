// `millrace erase` of a topology with views of other keys, on real Kafka, Redis and ClickHouse, with the engine running:
// nothing leads to the entity in what the parts keep and send each other, the other entity is scored as if nothing had
// happened, and a lost store does not bring the entity back.
import { createHmac, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createClient } from '@clickhouse/client';
import { Redis } from 'ioredis';
import t from 'tap';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { KeyedHash } from '../../src/runtime/personal/keyed-hash.ts';
import { millrace } from '../support/cli.ts';
import { clickhouseUrl, kafkaBrokers, redisUrl, uniqueName } from '../support/services.ts';
import { runEngine, type RunningEngine } from '../support/running-engine.ts';
import { quietTelemetry } from './quiet-telemetry.ts';

t.setTimeout(400_000);

const name = uniqueName('erased-hops').replaceAll('_', '-');
const twin = `${name}-twin`;
const folder = mkdtempSync(join(tmpdir(), 'millrace-erase-hops-'));
const data = join(folder, 'data');
const log = new KafkaEventLog({ brokers: kafkaBrokers().split(',') }, quietTelemetry());
const redis = new Redis(redisUrl());
const clickhouse = createClient({ url: clickhouseUrl() });
t.teardown(async () => {
  await log.close();
  await redis.quit();
  await clickhouse.close();
  rmSync(folder, { recursive: true });
});

const [ANN, BOB] = ['4111-ANN', '4222-BOB'];
const hashKey = randomBytes(32);
const encryptionKey = randomBytes(32).toString('base64');
const hashOf = (card: string): string => createHmac('sha256', hashKey).update(card).digest('base64url');

const settings = {
  MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
  MILLRACE_REDIS_URL: redisUrl(),
  MILLRACE_CLICKHOUSE_URL: clickhouseUrl(),
  MILLRACE_DATA: data,
  MILLRACE_PORT: '0',
  MILLRACE_HASH_KEY: hashKey.toString('base64'),
  MILLRACE_ENCRYPTION_KEY: encryptionKey,
};

/** The same topology twice: one of them is left undisturbed. */
function topologyFile(topology: string): string {
  const file = join(folder, `${topology}.ts`);
  writeFileSync(
    file,
    `import * as m from '${resolve(import.meta.dirname, '../../src/index.ts')}';
const { string, nullable, double, timestamp } = m;
export default m.defineTopology(
  m.source('${topology}', {
    schema: { id: string, card: string, shop: string, email: string, amount: double, fraud: nullable(double), at: timestamp },
    eventTime: 'at', partitions: 2, archive: true, key: 'card',
    sensitive: { card: 'hash', email: 'encrypt' }, entity: 'card',
  }),
  { name: '${topology}', stages: [
    m.contract([m.range('amount', 0, 100)]),
    m.dedupe({ by: ['id'], withinMs: m.hours(1) }),
    m.watermarks({ allowedLatenessMs: m.minutes(1) }),
    m.features({ fields: { amount: m.numeric('amount') }, views: {
      card: m.view(['card'], { sum: m.sum('amount', { over: m.sliding(m.hours(5)) }) }),
      pair: m.view(['card', 'shop'], { n: m.count({ over: m.sliding(m.hours(5)) }) }),
      shop: m.view(['shop'], {
        mean: m.mean('amount', { over: m.sliding(m.hours(5)) }),
        cards: m.distinct('card', { over: m.sliding(m.hours(5)) }),
      }),
    } }),
    m.score({ key: 'id', fallback: 0.5 }),
    m.labels({ key: 'id', when: { shop: 'LABEL' }, task: m.binary({ column: 'fraud', positive: m.atLeast(1) }), timeoutMs: m.hours(5) }),
  ] },
);
`,
  );
  return file;
}

const file = topologyFile(name);
const twinFile = topologyFile(twin);
const START = Date.UTC(2026, 0, 1);
let minute = 0;

function event(card: string, more: object = {}): string {
  const i = minute++;
  const usual = {
    id: `${card}-${i}`,
    card,
    shop: `shop-${i % 2}`,
    email: `${card}@example.com`,
    amount: i + 0.1,
  };
  return JSON.stringify({ ...usual, fraud: null, at: START + i * 60_000, ...more });
}

/** Everything that was produced. */
const produced: string[] = [];

async function produce(lines: readonly string[], to: string = file): Promise<void> {
  if (to === file) produced.push(...lines);
  const events = join(folder, 'events.jsonl');
  writeFileSync(events, lines.map((line) => `${line}\n`).join(''));
  await command(['produce', to, '--events', events]);
}

async function command(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await millrace(args, settings);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 300; i++) {
    if (await isSo()) return;
    await new Promise((next) => setTimeout(next, 100));
  }
  throw new Error(`${what}: not within 30 s`);
}

interface Scored {
  readonly key: string;
  readonly features: readonly number[];
}

async function rows<T>(query: string): Promise<T[]> {
  const answer = await clickhouse.query({ query, format: 'JSONEachRow' });
  return answer.json<T>();
}

function scored(topology: string, card: string): Promise<Scored[]> {
  return rows(
    `SELECT key, features FROM feature_log WHERE topology = '${topology}' AND key LIKE '${card}%' ORDER BY event_time`,
  );
}

async function stateText(): Promise<string> {
  const stored: string[] = [];
  for await (const found of redis.scanStream({ match: `mr:{${name}*` }))
    for (const key of (found as string[]).filter((one) => !one.startsWith(`mr:{${twin}`))) {
      stored.push(key);
      if ((await redis.type(key)) !== 'hash') stored.push((await redis.zrange(key, 0, '-1')).join('\n'));
      else
        for (const [field, value] of Object.entries(await redis.hgetallBuffer(key)))
          stored.push(field, value.toString('latin1'));
    }
  return stored.join('\n');
}

async function historyText(): Promise<string> {
  const tables = ['feature_log', 'predictions', 'labels', 'events'];
  const found = await Promise.all(
    tables.map((table) => rows(`SELECT * FROM ${table} WHERE topology = '${name}'`)),
  );
  return JSON.stringify(found);
}

/** What the parts have sent each other. */
async function between(): Promise<string> {
  const topics = [`${name}.by-shop`, `${name}.by-shop.unordered`, `${name}.answers`];
  const found: string[] = [];
  for (const topic of topics)
    for (const [partition, { low, high }] of (await log.offsets(topic)).entries())
      for await (const { keys, values } of log.read(topic, partition, low, high))
        for (const bytes of [...keys, ...values]) if (bytes !== null) found.push(bytes.toString('latin1'));
  return found.join('\n');
}

/** The entities that have a data key of the front, by which the topic of shops names them. */
async function known(): Promise<string> {
  const topic = `${name}.front.data-keys`;
  const latest = new Map<string, boolean>();
  for (const [partition, { low, high }] of (await log.offsets(topic)).entries())
    for await (const { keys, values } of log.read(topic, partition, low, high))
      for (const [i, key] of [...keys].entries()) latest.set(String(key), values.at(i) !== null);
  return [...latest].flatMap(([key, isThere]) => (isThere ? [key] : [])).join('\n');
}

const ofAnn = new RegExp(`ANN|${hashOf(ANN)}`);
const ofBob = new RegExp(`BOB|${hashOf(BOB)}`);

async function served({ url }: Pick<RunningEngine, 'url'>, card: string): Promise<number> {
  const key = encodeURIComponent(`card=${new KeyedHash(hashKey).of(card)}`);
  return (await fetch(`${url}api/features/${name}/${key}`)).status;
}

let engine: RunningEngine | null = null;
t.teardown(() => engine?.stop());

t.test('events of two entities', async (t) => {
  await produce([
    ...[ANN, BOB, ANN, BOB, ANN, BOB].map((card) => event(card)),
    event(ANN, { amount: 999 }),
    event(BOB, { amount: 999 }),
    event(ANN, { id: `${ANN}-0`, shop: 'LABEL', fraud: 1 }).replace(`${ANN}-0`, `${ANN}-2`),
  ]);
  engine = await runEngine(['run', file], data, settings);
  await until('they are scored', async () => (await scored(name, '4')).length >= 6);
  const { url } = engine;
  for (const card of [ANN, BOB])
    await until('the state is stored', async () => (await served({ url }, card)) === 200);
  t.match(await historyText(), ofAnn);
  t.match(await known(), ofAnn);
  t.match(await between(), /shop-1/);
  t.notMatch(await between(), new RegExp(`${ofAnn.source}|${ofBob.source}|example`));
});

t.test('one is erased while the engine runs', async (t) => {
  const stdout = await command(['erase', file, ANN, '--json']);
  t.notMatch(stdout, ofAnn);
  const report = JSON.parse(stdout) as {
    partitions: unknown[];
    erased: Array<{ where: string; what: string }>;
    kept: Array<{ where: string; what: string }>;
  };
  t.equal(report.partitions.length, 2);
  t.match(report.erased.find(({ where }) => where === 'feature_log')?.what, /^[1-9]\d* rows deleted/);
  t.ok(report.kept.some(({ where }) => where === name));
  t.equal(await served(engine as RunningEngine, ANN), 404);
  t.equal(await served(engine as RunningEngine, BOB), 200);
  t.notMatch(await stateText(), ofAnn);
  t.notMatch(await historyText(), ofAnn);
  t.notMatch(await known(), ofAnn);
  t.notMatch(await between(), ofAnn);
  for (const text of [await stateText(), await historyText(), await known()]) t.match(text, ofBob);
  t.match(
    report.kept.find(({ where }) => where === `${name}.by-shop`)?.what,
    /without what names the entity/,
  );
  t.match(report.erased.find(({ where }) => where === `${name}.front.data-keys`)?.what, /tombstones/);
  const audit = await command(['audit', 'list', file, '--json']);
  t.match(audit, /"erasure"[\s\S]*"erasure"/);
  t.notMatch(audit, ofAnn);
});

t.test('the erased one is a new one, and a restart with an empty store brings nothing back', async (t) => {
  await produce([BOB, ANN].map((card) => event(card)));
  await until('they are scored', async () => (await scored(name, '4')).length >= 5);
  const [first, ...more] = await scored(name, ANN);
  t.strictSame(more, []);
  const [amount, sum, n] = first?.features ?? [];
  t.equal(sum, amount, 'its windows have this event alone');
  t.equal(n, 1);
  t.equal(await engine?.stop(), 0);
  engine = null;
  for await (const found of redis.scanStream({ match: `mr:{${name}*` }))
    for (const key of found as string[]) if (!key.startsWith(`mr:{${twin}`)) await redis.del(key);
  await produce([event(BOB)]);
  await command(['run', file, '--until-caught-up']);
  t.strictSame(await scored(name, ANN), [first], 'the event after the erasure alone');
  t.match(await stateText(), ofBob);
});

t.test('the other one was scored as if nothing had happened', async (t) => {
  await produce(produced, twinFile);
  await command(['run', twinFile, '--until-caught-up']);
  const undisturbed = await scored(twin, BOB);
  t.equal(undisturbed.length, 5);
  t.strictSame(await scored(name, BOB), undisturbed);
});

t.test('with the engine stopped the command erases the rest', async (t) => {
  t.match(await command(['erase', file, ANN]), /not erased:/);
  t.notMatch(await stateText(), ofAnn);
  t.notMatch(await historyText(), ofAnn);
  t.match(await stateText(), ofBob);
});
