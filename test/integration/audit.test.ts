// The audit log on Kafka: several writers write one chain, commands are in it, and `millrace audit verify` finds what was
// tampered with.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import t from 'tap';
import { AvroCodec } from '../../src/adapters/avro/codec.ts';
import { openHistory } from '../../src/adapters/clickhouse/history.ts';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { FileModelRegistry } from '../../src/adapters/registry/file-model-registry.ts';
import { ProjectSchemas } from '../../src/adapters/schemas/project-schemas.ts';
import type { Topology } from '../../src/index.ts';
import type { AuditRecord } from '../../src/ports/audit.ts';
import { AuditLog } from '../../src/runtime/audit/audit-log.ts';
import { readAudit, type AuditSource } from '../../src/runtime/audit/read-audit.ts';
import { verifyAudit } from '../../src/runtime/audit/verify-audit.ts';
import { FakeTelemetry } from '../../src/testing/index.ts';
import { championManifest } from '../../bench/fleet/champion-manifest.ts';
import { fixedModel } from '../chaos/model.ts';
import { millrace } from '../support/cli.ts';
import { withAdmin } from '../support/kafka-admin.ts';
import { runEngine } from '../support/running-engine.ts';
import { clickhouseUrl, kafkaBrokers, uniqueName } from '../support/services.ts';
import { NO_REFERENCE } from '../../src/stats/drift-reference.ts';

t.setTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), 'millrace-audit-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
const file = join(folder, 'schema-registry.json');
const codec = new AvroCodec(new ProjectSchemas({ registry: { url: null, file }, schemaFolders: [] }));
t.teardown(() => codec.close());

function openLog(): KafkaEventLog {
  return new KafkaEventLog({ brokers: kafkaBrokers().split(',') }, new FakeTelemetry());
}

t.test('writers that write at the same time write one chain', async (t) => {
  const topology = uniqueName('audited');
  const logs = [openLog(), openLog(), openLog()];
  t.teardown(() => Promise.all(logs.map((log) => log.close())));
  const audits = await Promise.all(
    logs.map((log) => AuditLog.open(topology, { log, codec, nowMs: Date.now })),
  );
  const by = { action: 'promotion', actor: 'ann', from: 'host', before: null, after: null } as const;
  await Promise.all(
    audits.flatMap((audit, i) => [0, 1, 2].map((n) => audit.record({ ...by, subject: `${i}.${n}` }))),
  );
  const [log] = logs as [KafkaEventLog];
  const decoder = await codec.decoder<AuditRecord>(`${topology}.audit-value`);
  const source: AuditSource = { topology, log, decoder };
  t.match(await verifyAudit(source, null), { records: 9, broken: null, isEndKnown: true });
  const subjects = new Set<string>();
  for await (const { record } of readAudit(source)) subjects.add(record?.subject ?? '');
  t.equal(subjects.size, 9);
});

t.test('an engine records its start, and a request its caller; the table has both', async (t) => {
  const name = uniqueName('audited').replaceAll('_', '-');
  const { topologyFile, topology } = await writeTopology(name);
  const data = join(folder, 'engine');
  await registerModel(topology, data);
  const clickhouse = `${clickhouseUrl()}/${uniqueName('millrace')}`;
  const settings = {
    MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
    MILLRACE_CLICKHOUSE_URL: clickhouse.replace('://', '://default:@'),
    MILLRACE_TOKEN: 'canary-of-the-token',
    MILLRACE_HOT_KEYS: '777',
  };
  const engine = await runEngine(['run', topologyFile], data, settings);
  t.teardown(() => engine.stop());
  const answer = await fetch(new URL('api/models/promote', engine.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${settings.MILLRACE_TOKEN}`, 'content-type': 'application/json' },
    body: '{"version":"v2"}',
  });
  t.equal(answer.status, 200, await answer.text());
  const history = await openHistory({ url: clickhouse, path: '' });
  t.teardown(() => history.close());
  let rows: Array<Record<string, string>> = [];
  while (rows.length < 2) {
    rows = await history.query('SELECT * FROM audit FINAL ORDER BY sequence');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const [start, promotion] = rows;
  t.match(start, { topology: name, action: 'start', actor: userInfo().username });
  const { settings: recorded } = JSON.parse(start?.['after'] ?? '') as { settings: Record<string, string> };
  t.match(recorded, { MILLRACE_HOT_KEYS: '777', MILLRACE_TOKEN: '(secret)' });
  t.match(promotion, {
    action: 'promotion',
    subject: 'model v2',
    actor: 'MILLRACE_TOKEN',
    origin: '127.0.0.1',
    before: null,
  });
  t.match(JSON.parse(promotion?.['after'] ?? ''), { champion: 'v2' });
  t.notMatch(JSON.stringify(rows), /canary/);
  const verified = await millrace(['audit', 'verify', topologyFile], { ...settings, MILLRACE_DATA: data });
  t.equal(verified.code, 0, verified.stderr);
  t.match(verified.stdout, /the chain of 2 records holds/);
});

/** A topology without stages that need a schema. */
async function writeTopology(
  name: string,
): Promise<{ readonly topologyFile: string; readonly topology: Topology }> {
  const topologyFile = join(folder, `${name}.ts`);
  const index = resolve(import.meta.dirname, '../../src/index.ts');
  writeFileSync(
    topologyFile,
    `import { defineTopology, double, features, numeric, score, source, string, timestamp } from '${index}';
const payments = source('${name}', { schema: { id: string, amount: double, at: timestamp }, eventTime: 'at', partitions: 1 });
export default defineTopology(payments, { name: '${name}', stages: [features({ fields: { amount: numeric('amount') } }), score({ key: 'id', fallback: 0.5 })] });
`,
  );
  const { default: topology } = (await import(topologyFile)) as { default: Topology }; // as written above
  return { topologyFile, topology };
}

/** Registers a version that was champion before. */
async function registerModel(topology: Topology, data: string): Promise<void> {
  const model = fixedModel(1);
  const manifest = championManifest(topology, 'v2', NO_REFERENCE, model);
  await new FileModelRegistry(join(data, 'models')).register({ ...manifest, status: 'retired' }, model);
}

/** The topic's values as any client reads them. */
async function valuesOf(topic: string): Promise<Array<{ key: Buffer | null; value: Buffer | null }>> {
  const log = openLog();
  const values: Array<{ key: Buffer | null; value: Buffer | null }> = [];
  const [range] = await log.offsets(topic);
  for await (const raw of log.read(topic, 0, range?.low ?? 0, range?.high ?? 0)) {
    for (let i = 0; i < raw.count; i++) values.push({ key: raw.keys.at(i), value: raw.values.at(i) });
  }
  await log.close();
  return values;
}

async function produce(
  topic: string,
  messages: ReadonlyArray<{ key: Buffer | null; value: Buffer | null }>,
): Promise<void> {
  const kafka = new Kafka({ brokers: kafkaBrokers().split(','), logLevel: logLevel.NOTHING });
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages: [...messages] });
  await producer.disconnect();
}

/** Deletes the topic and writes other records in its place. */
async function replace(
  topic: string,
  messages: ReadonlyArray<{ key: Buffer | null; value: Buffer | null }>,
): Promise<void> {
  await withAdmin(async (admin) => {
    await admin.deleteTopics({ topics: [topic] });
    for (;;) {
      try {
        if (await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true })) break;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100)); // the deletion is not done yet
      }
    }
  });
  await produce(topic, messages);
}

t.test('commands are recorded, and verify finds what was tampered with', async (t) => {
  const name = uniqueName('audited').replaceAll('_', '-');
  const { topologyFile, topology } = await writeTopology(name);
  await registerModel(topology, folder);
  const settings = { MILLRACE_KAFKA_BROKERS: kafkaBrokers(), MILLRACE_DATA: folder };
  const command = async (...words: string[]): Promise<Awaited<ReturnType<typeof millrace>>> =>
    millrace(words, settings);
  const log = openLog();
  t.teardown(() => log.close());
  const audit = await AuditLog.open(name, { log, codec, nowMs: Date.now });
  const by = { action: 'key-created', actor: 'ann', from: 'host', before: null, after: null } as const;
  await audit.record({ ...by, subject: 'key 1' });
  t.equal((await command('models', 'promote', topologyFile, 'v2')).code, 0);
  await audit.record({ ...by, subject: 'key 2' });
  const listed = await command('audit', 'list', topologyFile);
  t.match(listed.stdout, new RegExp(`^2  .*Z  promotion  model v2  ${userInfo().username}  `, 'm'));
  const verified = await command('audit', 'verify', topologyFile);
  t.equal(verified.code, 0, verified.stderr);
  t.match(verified.stdout, /the chain of 3 records holds\n$/);

  const topic = `${name}.audit`;
  const whole = await valuesOf(topic);
  const [first, second, third] = whole as [
    (typeof whole)[number],
    (typeof whole)[number],
    (typeof whole)[number],
  ];
  await produce(topic, [first]);
  const { code, stderr } = await command('audit', 'verify', topologyFile);
  t.equal(code, 1);
  t.match(
    stderr,
    /holds for 3 records, then it has number 1 after 3: it was inserted or moved.*-0 at offset \d/,
  );
  const decoder = await codec.decoder<AuditRecord>(`${topic}-value`);
  const verify = (): ReturnType<typeof verifyAudit> => verifyAudit({ topology: name, log, decoder }, null);
  await replace(topic, [first, third]);
  t.match(await verify(), { records: 1, broken: { offset: 1, why: /2 to 2 are missing/ } });
  const value = Buffer.from(second.value ?? '');
  value.write('V', value.lastIndexOf('v2')); // the last is in the JSON of what is after the change
  await replace(topic, [first, { key: second.key, value }, third]);
  t.match(await verify(), { records: 1, broken: { offset: 1, why: /changed/ } });
  await replace(topic, [first, second]);
  t.match(await verify(), { records: 2, broken: null, isEndKnown: false }, 'the known limit');
});
