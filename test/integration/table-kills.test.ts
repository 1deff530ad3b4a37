// The rows that a temporal join sees on real Kafka, with an engine that is killed twice on the way, compared with DuckDB's ASOF
// join of the same tables (test/vectors/asof.py).
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@clickhouse/client';
import t from 'tap';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { categoryOfHash, stringHash } from '../../src/core/string-hash.ts';
import { runEngine } from '../support/running-engine.ts';
import { clickhouseUrl, kafkaBrokers, uniqueName } from '../support/services.ts';
import { quietTelemetry } from './quiet-telemetry.ts';

t.setTimeout(200_000);

interface Vectors {
  readonly versions: ReadonlyArray<
    [key: string, at: number, deleted: boolean, amount: number | null, name: string | null]
  >;
  readonly events: ReadonlyArray<[id: number, key: string | null, at: number]>;
  readonly joined: ReadonlyArray<[id: number, amount: number | null, name: string | null]>;
}

const vectors = readFileSync(resolve(import.meta.dirname, '../vectors/asof.json'), 'utf8');
const { versions, events, joined } = JSON.parse(vectors) as Vectors;

/** The tables have times from -50 on; records of Kafka have none below 0. */
const BASE_MS = Date.UTC(2026, 0, 1);
const PARTS = 3;
const POLL_MS = 50;

const folder = mkdtempSync(join(tmpdir(), 'millrace-asof-'));
const name = uniqueName('asof').replaceAll('_', '-');
const database = uniqueName('asof');
const log = new KafkaEventLog({ brokers: kafkaBrokers().split(',') }, quietTelemetry());
const client = createClient({ url: clickhouseUrl(), database });
t.teardown(async () => {
  await log.close();
  await client.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
});

const topology = `import { categorical, defineTopology, double, features, json, lookup, nullable, numeric, score, source, string, table, timestamp } from '${resolve(import.meta.dirname, '../../src/index.ts')}';
const events = source('${name}', { schema: { id: string, key: nullable(string), at: timestamp }, eventTime: 'at', partitions: 1, format: json() });
const rates = table('rates', { schema: { key: string, amount: nullable(double), name: nullable(string) }, key: 'key', topic: '${name}-rates', format: json() });
export default defineTopology(events, { name: '${name}', stages: [
  lookup('rate', { table: rates, key: 'key', take: { amount: 'amount', name: 'name' } }),
  features({ fields: { amount: numeric('amount'), name: categorical('name') } }),
  score({ key: 'id', fallback: 0.5 }),
] });
`;

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** What is logged of each event, once there are so many: the newest row of each, as a killed engine may have logged it twice. */
async function logged(count: number): Promise<ReadonlyMap<string, readonly (number | null)[]>> {
  for (;;) {
    const answer = await client
      .query({
        query: `SELECT key, arrayMap(x -> if(isNaN(x), NULL, x), features) AS vector
          FROM feature_log WHERE topology = {name:String} LIMIT 1 BY offset`,
        query_params: { name },
        format: 'JSONEachRow',
      })
      .catch(() => null); // the engine has not created its tables yet
    const rows = await (answer?.json<{ key: string; vector: Array<number | null> }>() ?? []);
    if (rows.length >= count) return new Map(rows.map(({ key, vector }) => [key, vector]));
    await sleep(POLL_MS);
  }
}

t.test('after kills and restarts each event has the row that DuckDB joins to it', async (t) => {
  const file = join(folder, 'topology.ts');
  writeFileSync(file, topology);
  await log.ensureTopics([
    { topic: name, partitions: 1, compacted: false, retentionMs: -1 },
    { topic: `${name}-rates`, partitions: 2, compacted: true, retentionMs: -1 },
  ]);
  // In the random order of the table: a version may come before one of an earlier time.
  await log.publish(
    `${name}-rates`,
    versions.map(([key, at, isDeleted, amount, title]) => ({
      key: Buffer.from(key),
      value: isDeleted ? null : json({ key, amount, name: title }),
      timestampMs: BASE_MS + at,
    })),
  );
  const settings = {
    MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
    MILLRACE_CLICKHOUSE_URL: `${clickhouseUrl()}/${database}`,
  };
  const sorted = events.toSorted(([, , a], [, , b]) => a - b);
  const part = Math.ceil(sorted.length / PARTS);
  for (let from = 0; from < sorted.length; from += part) {
    const some = sorted.slice(from, from + part);
    await log.publish(
      name,
      some.map(([id, key, at]) => ({
        key: Buffer.from(String(id)),
        value: json({ id: String(id), key, at: BASE_MS + at }),
        timestampMs: BASE_MS + at,
      })),
    );
    const engine = await runEngine(['run', file], join(folder, 'data'), settings);
    await logged(from + some.length);
    await engine.kill();
  }
  const found = await logged(events.length);
  const wanted = joined.map(([id, amount, title]) => [
    String(id),
    [amount, title === null ? null : categoryOfHash(stringHash(title))],
  ]);
  t.strictSame(
    wanted.map(([id]) => [id, found.get(String(id))]),
    wanted,
  );
  t.equal(found.size, events.length);
});
