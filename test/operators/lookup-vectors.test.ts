// Lookups compared with DuckDB's ASOF join of the same tables (test/vectors/asof.py).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  defineTopology,
  double,
  lookup,
  nullable,
  source,
  string,
  table,
  timestamp,
} from '../../src/index.ts';
import { TopologyDriver } from '../../src/testing/index.ts';

interface Vectors {
  readonly versions: ReadonlyArray<
    [key: string, at: number, deleted: boolean, amount: number | null, name: string | null]
  >;
  readonly events: ReadonlyArray<[id: number, key: string | null, at: number]>;
  readonly joined: ReadonlyArray<[id: number, amount: number | null, name: string | null]>;
}

const file = join(import.meta.dirname, '..', 'vectors', 'asof.json');
const { versions, events, joined } = JSON.parse(readFileSync(file, 'utf8')) as Vectors;

const rates = table('rates', {
  schema: { key: string, amount: nullable(double), name: nullable(string) },
  key: 'key',
  topic: 'rates',
});
const topology = defineTopology(
  source('events', { schema: { id: double, key: nullable(string), at: timestamp }, eventTime: 'at' }),
  { stages: [lookup('rate', { table: rates, key: 'key', take: { amount: 'amount', name: 'name' } })] },
);

t.test('each event has the row that DuckDB joins to it', async (t) => {
  const driver = new TopologyDriver(topology);
  for (const [key, at, deleted, amount, name] of versions) {
    if (deleted) driver.table('rates').remove(key, at);
    else driver.table('rates').upsert({ key, amount, name }, at);
  }
  // In the order of time, as none may be late.
  const sorted = events.toSorted(([, , a], [, , b]) => a - b);
  for (let from = 0; from < sorted.length; from += 70)
    await driver.send(sorted.slice(from, from + 70).map(([id, key, at]) => ({ id, key, at })));
  const found = driver.rows
    .map((row) => [row['id'] as number, row['amount'], row['name']] as const)
    .toSorted(([a], [b]) => a - b);
  t.strictSame(found, joined);
  t.ok(joined.filter(([, , name]) => name !== null).length > 100);
});
