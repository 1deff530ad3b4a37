// Damaged records of a change stream: what JSON.parse and the rules of the guide say of them, or dead letters.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { debezium } from '../../../src/adapters/debezium/format.ts';
import { json } from '../../../src/adapters/json/format.ts';
import {
  double,
  enumeration,
  int,
  long,
  nullable,
  string,
  timestamp,
} from '../../../src/core/column-types.ts';
import type { Columns, ColumnType } from '../../../src/core/columns.ts';
import { schemaOf } from '../../../src/topology/columns-schema.ts';
import { decodedBy, type Outcome } from '../../support/decoded-outcomes.ts';
import { noSchemas } from '../../support/no-schemas.ts';
import { randomIntegers } from '../../support/random-integers.ts';
import { damaged, DAMAGES, eventText, type Damage } from '../json/mutations.ts';
import { JsonOracle } from '../json/oracle.ts';

const MUTATED = Number(process.env['MUTATED_RECORDS'] ?? 10_000);
const SEED = Number(process.env['MUTATED_SEED'] ?? 1);
const BASES = 300;
const BATCH = 500;
// A million take some minutes.
t.setTimeout(0);

const row: Columns = {
  id: string,
  kind: enumeration(['card', 'cash', 'überweisung', '']),
  amount: double,
  int,
  long,
  at: timestamp,
  seen: nullable(timestamp),
  note: nullable(string),
  'after.amount': nullable(double),
};
// A column of a row that is called as a part of the envelope is `after.after.amount`.
const columns: Columns = Object.fromEntries(
  Object.entries(row).map(([name, type]) => [name.startsWith('after.') ? `after.${name}` : name, type]),
);

const pathOf = (name: string): string => (name.startsWith('after.') ? name : `after.${name}`);
const oracleOf = (prefix: string): JsonOracle => {
  const types = Object.entries(columns).map(([name, column]): [string, ColumnType] => [
    prefix + pathOf(name),
    { ...column, type: `${column.type.replace('?', '') as 'string'}?` },
  ]);
  return new JsonOracle(
    { ...Object.fromEntries(types), [`${prefix}op`]: nullable(string) },
    `${prefix}after.at`,
  );
};
const plain = oracleOf('');
const within = oracleOf('payload.');

function expected(record: Buffer): Outcome {
  const text = record.toString('latin1');
  const isNamed = text.startsWith('{"schema":');
  if (isNamed && !/^\{"schema":[\s]*\{/.test(text)) return 'fault';
  let prefix = isNamed ? 'payload.' : '';
  let found = (isNamed ? within : plain).decode(record);
  if (!isNamed && found !== null && found['op'] === null) {
    prefix = 'payload.';
    found = within.decode(record);
  }
  if (found === null) return 'fault';
  const operation = String(found[`${prefix}op`]);
  if (['d', 't', 'm'].includes(operation)) return 'skip';
  if (!['c', 'u', 'r'].includes(operation)) return 'fault';
  const event = Object.fromEntries(
    Object.keys(columns).map((name) => [name, found[prefix + pathOf(name)] ?? null]),
  );
  const isWhole = Object.entries(columns).every(
    ([name, { type }]) => type.endsWith('?') || event[name] !== null,
  );
  return isWhole ? event : 'fault';
}

t.test('many damaged changes from a seed', async (t) => {
  const declared = columns;
  const decoder = await debezium(json()).decoder({
    topic: 'changes',
    subject: 'changes-value',
    eventTime: 'at',
    columns: schemaOf(declared),
    declared,
    schemas: noSchemas,
  });
  const bases = fc.sample(eventText, { numRuns: BASES, seed: SEED }).map((after, i) => {
    const change = `{"before":null,"after":${after},"source":{"ts_ms":1},"op":"${'cudrt'[i % 5]}","ts_ms":2}`;
    const schema = '{"type":"struct","fields":[{"type":"string","field":"op"}],"name":"a \\"{\\" b"}';
    return Buffer.from(i % 3 === 0 ? `{"schema":${schema},"payload":${change}}` : change);
  });
  const random = randomIntegers(SEED);
  const counts = { event: 0, skip: 0, fault: 0 };
  for (let from = 0; from < MUTATED; from += BATCH) {
    const records = Array.from({ length: Math.min(BATCH, MUTATED - from) }, (_, i) => {
      const damages = Array.from({ length: 1 + (random() % 2) }, (): Damage => [
        random() % DAMAGES,
        random(),
        random(),
      ]);
      return damages.reduce(damaged, bases[(from + i) % bases.length] as Buffer);
    });
    const outcomes = await decodedBy(decoder, columns, records);
    for (const [i, record] of records.entries()) {
      const wanted = expected(record);
      assert.deepStrictEqual(outcomes[i], wanted, JSON.stringify(record.toString('latin1')));
      counts[typeof wanted === 'string' ? wanted : 'event'] += 1;
    }
  }
  t.ok(Math.min(counts.event, counts.skip, counts.fault) > MUTATED / 100, JSON.stringify(counts));
});
