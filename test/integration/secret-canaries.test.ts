// Every secret has a value that is found wherever it is written: runs against services that work, are away, refuse the
// password or speak no TLS write it nowhere. The services that refuse repeat what they were sent.
import { once } from 'node:events';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import t, { type Test } from 'tap';
import { openHistory } from '../../src/adapters/clickhouse/history.ts';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { settingGroups } from '../../src/app/settings/groups.ts';
import { pickPort } from '../../tools/services/ports.ts';
import { startRedis } from '../../tools/services/redis/server.ts';
import { type Ended, run } from '../../tools/package/commands.ts';
import { bareCommand } from '../support/bare-command.ts';
import { millrace } from '../support/cli.ts';
import { withAdmin } from '../support/kafka-admin.ts';
import { scoredTopology } from '../support/scored-topology.ts';
import { clickhouseUrl, kafkaBrokers, redisUrl, schemaRegistryUrl } from '../support/services.ts';
import { quietTelemetry } from './quiet-telemetry.ts';
import { environmentWith } from '../../tools/environment.ts';

t.setTimeout(240_000);

const topology = scoredTopology('canaries', 'partitions: 1,');
const { name, folder, file } = topology;
t.teardown(() => topology.remove());

/** Has characters that each encoding writes in another way. */
const CANARY = 'canary/of+the "secret" 7';
/** Its beginning: plain, in base64 at each place, and in hex. */
const TRACE = /canary|Y2FuYXJ5|NhbmFye|jYW5hcn|63616e617279/i;

function withUser(url: string): string {
  return url.replace('//', `//ann:${encodeURIComponent(CANARY)}@`);
}

const secrets = settingGroups
  .flatMap(({ settings }) => Object.values(settings))
  .filter(({ fileVariable }) => fileVariable !== null);

function clean(t: Test, what: string, text: string): void {
  const at = text.search(TRACE);
  t.equal(at < 0 ? '' : text.slice(Math.max(0, at - 60), at + 40), '', what);
}

/** What a command printed, and all files that it wrote. */
function cleanRun(t: Test, what: string, { stdout, stderr }: Ended, data: string): void {
  clean(t, `${what}: standard output`, stdout);
  clean(t, `${what}: standard error`, stderr);
  const paths = existsSync(data) ? globSync('**/*', { cwd: data }).map((path) => join(data, path)) : [];
  for (const path of paths)
    if (statSync(path).isFile()) clean(t, `${what}: ${path}`, readFileSync(path, 'latin1'));
}

t.test('settings, one by one and with a problem', async (t) => {
  const all = secrets.map(({ name, accepts }) => {
    const [protocol] = accepts.split(' ');
    return [name, accepts.endsWith(' URL') ? withUser(`${protocol}://h`) : CANARY] as const;
  });
  t.ok(all.length >= 8);
  const data = join(folder, 'data-settings');
  for (const args of [
    ['settings', file],
    ['run', file, '--port', 'x'],
    ['describe', file],
  ]) {
    const ended = await millrace(args, { ...Object.fromEntries(all), MILLRACE_DATA: data });
    cleanRun(t, args.join(' '), ended, data);
  }
});

/** A server of HTTP that refuses every request and repeats what it was sent, in the text and as it decodes it. */
async function refusingServer(): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((request, response) => {
    const { authorization = '' } = request.headers;
    const user = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString();
    response.writeHead(401, { 'content-type': 'application/json', 'x-clickhouse-exception-code': '516' });
    const message = `Code: 516. DB::Exception: no user ${user} (${authorization}) for ${request.url}. (AUTHENTICATION_FAILED)`;
    response.end(JSON.stringify({ error_code: 401, message, error: message }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // as a server on TCP has
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

t.test('services that are away, refuse the password or speak no TLS', async (t) => {
  const refusing = await refusingServer();
  t.teardown(() => refusing.close());
  const redis = await startRedis();
  t.teardown(() => redis.stop());
  const admin = new Redis(redis.url);
  await admin.config('SET', 'requirepass', 'other');
  admin.disconnect();
  const away = 'http://127.0.0.1:1';
  const sasl = {
    MILLRACE_KAFKA_SASL: 'plain',
    MILLRACE_KAFKA_USERNAME: 'ann',
    MILLRACE_KAFKA_PASSWORD: CANARY,
  };
  const registry = (url: string): Record<string, string> => ({
    MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
    MILLRACE_SCHEMA_REGISTRY_URL: withUser(url),
  });
  const cases: ReadonlyArray<readonly [what: string, settings: Record<string, string>]> = [
    ['Kafka away', { MILLRACE_KAFKA_BROKERS: '127.0.0.1:1', ...sasl }],
    ['Kafka without SASL', { MILLRACE_KAFKA_BROKERS: kafkaBrokers(), ...sasl }],
    ['Kafka without TLS', { MILLRACE_KAFKA_BROKERS: kafkaBrokers(), MILLRACE_KAFKA_TLS: 'true', ...sasl }],
    ['Redis away', { MILLRACE_REDIS_URL: withUser('redis://127.0.0.1:1') }],
    ['Redis refuses', { MILLRACE_REDIS_URL: withUser(redis.url) }],
    ['Redis without TLS', { MILLRACE_REDIS_URL: withUser(redis.url.replace('redis:', 'rediss:')) }],
    ['ClickHouse away', { MILLRACE_CLICKHOUSE_URL: withUser(away) }],
    ['ClickHouse refuses', { MILLRACE_CLICKHOUSE_URL: withUser(refusing.url) }],
    ['registry away', registry(away)],
    ['registry refuses', registry(refusing.url)],
    ['registry without TLS', registry(refusing.url.replace('http:', 'https:'))],
  ];
  const events = topology.eventsFile(0, 3);
  const runOne = async ([what, settings]: (typeof cases)[number]): Promise<void> => {
    const data = join(folder, `data-${what.replaceAll(' ', '-')}`);
    const given = { ...settings, MILLRACE_DATA: data, MILLRACE_PORT: '0', MILLRACE_LOG_LEVEL: 'debug' };
    const isStored = what.startsWith('Redis') || what.startsWith('ClickHouse');
    const args = isStored ? ['run', file, '--until-caught-up'] : ['produce', file, '--events', events];
    const ended = await millrace(args, given);
    t.equal(ended.code, 1, `${what}: ${ended.stderr}`);
    cleanRun(t, what, ended, data);
  };
  // Three at a time: most of the time they wait.
  const queue = [...cases];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await runOne(next);
  };
  await Promise.all([worker(), worker(), worker()]);
});

/** Waits until a page says so. */
async function pageWith(url: string, pattern: RegExp): Promise<string> {
  for (;;) {
    const text = await fetch(url)
      .then((response) => response.text())
      .catch(() => ''); // it is not open yet
    if (pattern.test(text)) return text;
    await sleep(100);
  }
}

t.test('a run that works, with records that it sets aside', async (t) => {
  const data = join(folder, 'data');
  const port = await pickPort();
  const settings = {
    MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
    MILLRACE_REDIS_URL: withUser(redisUrl()).replace('ann', ''),
    MILLRACE_CLICKHOUSE_URL: withUser(clickhouseUrl()),
    MILLRACE_SCHEMA_REGISTRY_URL: withUser(schemaRegistryUrl()),
    MILLRACE_TOKEN: CANARY,
    MILLRACE_DATA: data,
    MILLRACE_PORT: String(port),
    MILLRACE_LOG_LEVEL: 'debug',
  };
  const produced = await millrace(['produce', file, '--events', topology.eventsFile(0, 50)], settings);
  t.equal(produced.code, 0, produced.stderr);
  cleanRun(t, 'produce', produced, data);
  const kafka = new Kafka({ brokers: kafkaBrokers().split(','), logLevel: logLevel.NOTHING });
  const producer = kafka.producer();
  await producer.connect();
  const unknownId = Buffer.from([0, 0x7f, 0, 0, 1, 1, 2]);
  await producer.send({
    topic: name,
    messages: [unknownId, Buffer.from('junk')].map((value) => ({ value })),
  });
  await producer.disconnect();

  const base = `http://127.0.0.1:${port}/`;
  let end = (): void => undefined;
  const [command, args] = bareCommand(process.execPath, ['src/app/main.ts', 'run', file]);
  const running = run(command, args, {
    cwd: process.cwd(),
    env: environmentWith(settings),
    onOutput: (_stdout, signal) => (end = () => signal('SIGTERM')),
  });
  clean(
    t,
    'metrics',
    await pageWith(`${base}metrics`, /^millrace_dead_letters_total\{.* 2$|SCHEMA_UNKNOWN/m),
  );
  const authorization = { authorization: `Bearer ${CANARY}` };
  for (const path of ['readyz', 'api/state', 'api/models', 'nope', `api/features/${name}/c-1`]) {
    const response = await fetch(base + path, { headers: authorization });
    clean(t, path, await response.text());
  }
  for (const headers of [{}, { authorization: `Bearer ${CANARY}x` }, authorization]) {
    const body = JSON.stringify({ version: 'none' });
    const response = await fetch(`${base}api/models/promote`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    clean(t, 'promote', await response.text());
  }
  end();
  cleanRun(t, 'run', await running, data);

  const report = join(folder, 'report.json');
  const again = await millrace(['run', file, '--until-caught-up', '--report', report], settings);
  t.equal(again.code, 0, again.stderr);
  cleanRun(t, 'run --until-caught-up', again, data);
  clean(t, 'the report', readFileSync(report, 'utf8'));
  cleanRun(t, 'dead-letters', await millrace(['dead-letters', 'show', file, '--limit', '5'], settings), data);

  const topics = await withAdmin(async (admin) =>
    (await admin.listTopics()).filter((topic) => topic === name || topic.startsWith(`${name}.`)),
  );
  const values = await valuesOf(topics);
  t.match(values.toString('latin1'), 'has no schema with id', 'dead letters are among them');
  clean(t, 'topics', values.toString('latin1'));
  const history = await openHistory({ url: clickhouseUrl(), path: '' });
  const tables = await history.query<{ name: string }>(
    "SELECT table AS name FROM system.columns WHERE database = currentDatabase() AND name = 'topology'",
  );
  for (const table of tables) {
    const rows = await history.query(`SELECT * FROM ${table.name} WHERE topology = {topology:String}`, {
      topology: name,
    });
    clean(t, `history ${table.name}`, JSON.stringify(rows));
  }
  await history.close();
});

/** The values of all records. */
async function valuesOf(topics: readonly string[]): Promise<Buffer> {
  const log = new KafkaEventLog({ brokers: kafkaBrokers().split(',') }, quietTelemetry());
  const values: Buffer[] = [];
  for (const topic of topics)
    for (const [partition, { low, high }] of (await log.offsets(topic)).entries())
      for await (const raw of log.read(topic, partition, low, high))
        for (const value of raw.values) if (value !== null) values.push(value);
  await log.close();
  return Buffer.concat(values);
}
