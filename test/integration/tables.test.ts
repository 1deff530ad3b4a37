// Lookup tables on real Kafka and ClickHouse: of compacted topics, change streams, queries and files; an engine that is killed
// comes back with the same rows for the same events; topics that are deleted and created again.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@clickhouse/client';
import t from 'tap';
import { json as jsonFormat, int64, double, table } from '../../src/index.ts';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { ProjectSchemas } from '../../src/adapters/schemas/project-schemas.ts';
import type { DictColumn, NumberColumn } from '../../src/core/batch.ts';
import { Dictionary } from '../../src/core/dictionary.ts';
import type { LogRecord } from '../../src/ports/event-log.ts';
import type { TopicOrigin } from '../../src/ports/table.ts';
import { NO_QUARANTINE } from '../../src/runtime/quarantine/record-quarantine.ts';
import { openTopicTable } from '../../src/runtime/tables/open-topic-table.ts';
import { TableStore } from '../../src/runtime/tables/table-store.ts';
import { FakeTelemetry } from '../../src/testing/index.ts';
import { schemaOf } from '../../src/topology/columns-schema.ts';
import { SourceFormat } from '../../src/topology/source-format.ts';
import { withAdmin } from '../support/kafka-admin.ts';
import { runEngine } from '../support/running-engine.ts';
import { clickhouseUrl, kafkaBrokers, uniqueName } from '../support/services.ts';
import { quietTelemetry } from './quiet-telemetry.ts';

t.setTimeout(200_000);

const folder = mkdtempSync(join(tmpdir(), 'millrace-tables-'));
const name = uniqueName('tables').replaceAll('_', '-');
const database = uniqueName('tables');
const openLog = (): KafkaEventLog =>
  new KafkaEventLog({ brokers: kafkaBrokers().split(',') }, quietTelemetry());
const log = openLog();
t.teardown(async () => {
  await log.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
});

const settings = {
  MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
  MILLRACE_CLICKHOUSE_URL: `${clickhouseUrl()}/${database}`,
};
const source = `import { debezium, defineTopology, double, features, int64, json, lookup, nullable, numeric, score, source, string, table, timestamp } from '${join(import.meta.dirname, '../../src/index.ts')}';
const events = source('${name}', { schema: { id: string, merchant: int64, country: string, at: timestamp }, eventTime: 'at', partitions: 2, format: json() });
const limits = table('limits', { schema: { id: int64, limit: double }, key: 'id', topic: '${name}-limits', format: json() });
const owners = table('owners', { schema: { id: int64, risk: double }, key: 'id', topic: '${name}-owners', format: debezium(json()) });
const regions = table('regions', { schema: { code: string, region: double }, key: 'code', file: '${join(folder, 'regions.csv')}' });
const rates = table('rates', { schema: { code: string, rate: double, since: timestamp }, key: 'code', time: 'since', query: "SELECT 'de' AS code, number * 10 AS rate, number AS since FROM numbers(1, 2)" });
export default defineTopology(events, { name: '${name}', stages: [
  lookup('limit', { table: limits, key: 'merchant', take: { limit: 'limit' } }),
  lookup('owner', { table: owners, key: 'merchant', take: { risk: 'risk' } }),
  lookup('region', { table: regions, key: 'country', take: { region: 'region' } }),
  lookup('rate', { table: rates, key: 'country', take: { rate: 'rate' } }),
  features({ fields: { limit: numeric('limit'), risk: numeric('risk'), region: numeric('region'), rate: numeric('rate') } }),
  score({ key: 'id', fallback: 0.5 }),
] });
`;

const record = (key: string, value: unknown, timestampMs: number): LogRecord => ({
  key: Buffer.from(key),
  value: value === null ? null : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
  timestampMs,
});
const compacted = (topic: string, partitions: number): Promise<void> =>
  log.ensureTopics([{ topic, partitions, compacted: true, retentionMs: -1 }]);

interface Version {
  readonly id: string;
  readonly atMs: number;
  readonly value: number | null;
}

/** Written one after the other, each acknowledged before the next. */
class World {
  readonly limits: Version[] = [];
  readonly owners: Version[] = [];
  readonly events: Array<{ readonly id: string; readonly merchant: string; readonly at: number }> = [];

  async change(kind: 'limits' | 'owners', id: string, value: number | null): Promise<void> {
    const atMs = Date.now();
    const before = this.owners.findLast((version) => version.id === id)?.value ?? null;
    this[kind].push({ id, atMs, value });
    const row = value === null ? null : `{"id":${id},"${kind === 'limits' ? 'limit' : 'risk'}":${value}}`;
    const image = (risk: number | null): string => (risk === null ? 'null' : `{"id":${id},"risk":${risk}}`);
    const op = value === null ? 'd' : before === null ? 'c' : 'u';
    const change = `{"op":"${op}","before":${image(before)},"after":${image(value)},"source":{"ts_ms":1}}`;
    await log.publish(`${name}-${kind}`, [record(id, kind === 'limits' ? row : change, atMs)]);
    await sleep(2); // an event of the next millisecond is later
  }

  async event(merchant: string): Promise<void> {
    const event = { id: `e${this.events.length}`, merchant, at: Date.now() };
    this.events.push(event);
    const value = `{"id":"${event.id}","merchant":${merchant},"country":"de","at":${event.at}}`;
    await log.publish(name, [record(merchant, value, event.at)]);
    await sleep(2);
  }

  expected(): Record<string, unknown> {
    const seen = (versions: readonly Version[], merchant: string, at: number): number | null =>
      versions.findLast(({ id, atMs }) => id === merchant && atMs <= at)?.value ?? null;
    return Object.fromEntries(
      this.events.map(({ id, merchant, at }) => [
        id,
        [seen(this.limits, merchant, at), seen(this.owners, merchant, at), 7, 20],
      ]),
    );
  }
}

async function logged(count: number): Promise<Record<string, unknown>> {
  const client = createClient({ url: clickhouseUrl(), database });
  try {
    for (;;) {
      const answer = await client.query({
        query: `SELECT key, arrayMap(x -> if(isNaN(x), NULL, x), features) AS vector FROM feature_log WHERE topology = '${name}'`,
        format: 'JSONEachRow',
      });
      const rows = await answer.json<{ key: string; vector: unknown[] }>();
      if (rows.length >= count) return Object.fromEntries(rows.map(({ key, vector }) => [key, vector]));
      await sleep(100);
    }
  } finally {
    await client.close();
  }
}

t.test('events of a killed engine have the rows of their instants', async (t) => {
  writeFileSync(join(folder, 'topology.ts'), source);
  writeFileSync(join(folder, 'regions.csv'), 'code,region\nde,7\nfr,x\n');
  await compacted(`${name}-limits`, 3);
  await compacted(`${name}-owners`, 1);
  const world = new World();
  const ids = ['9007199254740993', '9007199254740995', '3'];
  await world.change('limits', ids[0] as string, 1);
  await world.change('owners', ids[0] as string, 2);
  await log.publish(`${name}-limits`, [record('x', 'no JSON', Date.now())]);
  const data = join(folder, 'data');
  const run = (): ReturnType<typeof runEngine> =>
    runEngine(['run', join(folder, 'topology.ts')], data, settings);
  let engine = await run();
  for (let i = 0; i < 60; i++) {
    const id = ids[i % 3] as string;
    if (i % 5 === 1) await world.change('limits', id, i % 4 === 0 ? null : i);
    if (i % 7 === 2) await world.change('owners', id, i % 3 === 0 ? null : i);
    await world.event(id);
    if (i !== 30) continue;
    await engine.kill();
    engine = await run();
  }
  t.strictSame(await logged(world.events.length), world.expected());
  t.equal(await engine.stop(), 0);
});

t.test('a topic that is deleted and created again', async (t) => {
  const topic = `${name}-moving`;
  const moving = table('moving', {
    schema: { id: int64, limit: double },
    key: 'id',
    topic,
    format: jsonFormat(),
  });
  const telemetry = new FakeTelemetry();
  const schema = schemaOf({ limit: double });
  const store = new TableStore({ table: moving, topology: 'x', schema, telemetry });
  const schemas = new ProjectSchemas({ registry: { url: null }, schemaFolders: [] });
  const opened = openTopicTable({
    topology: 'x',
    origin: moving.from as TopicOrigin,
    store,
    log,
    openFormat: (given) => new SourceFormat(given, schemas, jsonFormat()),
    quarantine: NO_QUARANTINE,
    telemetry,
    nowMs: Date.now,
  });
  const failures: Error[] = [];
  opened.start((error) => failures.push(error));
  t.teardown(() => opened.close());
  const reader = opened.reader();
  const limits = async (): Promise<Array<number | null>> => {
    await opened.caughtUp(performance.now());
    const dictionary = new Dictionary();
    const codes = Int32Array.from(['1', '2'], (key) => dictionary.encode(key));
    const keys: DictColumn = { kind: 'string', codes, dictionary };
    const batch = { rows: Int32Array.of(0, 1), size: 2, eventTimeMs: Float64Array.of(1e12, 1e12) };
    const { values } = reader.find(keys, batch).column('limit') as NumberColumn;
    return Array.from(values, (value) => (Number.isNaN(value) ? null : value));
  };
  const until = async (work: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await work())) await sleep(50);
  };
  const remove = (): Promise<void> =>
    withAdmin(async (admin) => {
      await admin.deleteTopics({ topics: [topic] });
      while ((await admin.listTopics()).includes(topic)) await sleep(20);
    });
  await until(() => /does not exist/.test(telemetry.conditions.get('table_not_loaded moving') ?? ''));
  await compacted(topic, 2);
  await opened.ready(performance.now());
  t.strictSame(await limits(), [null, null], 'it is empty');
  await log.publish(topic, [record('a', '{"id":1,"limit":1}', 1), record('b', '{"id":2,"limit":2}', 1)]);
  t.strictSame(await limits(), [1, 2], 'what the topic has is seen at once');
  await log.publish(topic, [record('b', null, 2), record('a', '{"id":2,"limit":3}', 3)]);
  t.strictSame(await limits(), [null, 3], 'the row of a record key moves');
  await remove();
  await until(() => telemetry.conditions.has('table_behind moving'));
  t.strictSame(await limits(), [null, 3], 'rows that are known stay');
  await withAdmin((admin) => admin.createTopics({ topics: [{ topic, numPartitions: 1 }] }));
  const another = openLog();
  await another.publish(topic, [record('a', '{"id":1,"limit":9}', 1)]);
  await another.close();
  await until(async () => (await limits())[0] === 9);
  t.strictSame(await limits(), [9, null], 'those of before are gone');
  t.notOk(telemetry.conditions.has('table_behind moving'));
  t.strictSame(failures, []);
});
