// Damaged records of JSON Schema: what their frame names and JSON.parse says of the rest, or dead letters.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
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
import type { Columns } from '../../../src/core/columns.ts';
import type { Schemas } from '../../../src/ports/schemas.ts';
import { schemaOf } from '../../../src/topology/columns-schema.ts';
import { decodedBy, type Outcome } from '../../support/decoded-outcomes.ts';
import { noSchemas } from '../../support/no-schemas.ts';
import { randomIntegers } from '../../support/random-integers.ts';
import { damaged, DAMAGES, eventText, type Damage } from './mutations.ts';
import { JsonOracle } from './oracle.ts';

const MUTATED = Number(process.env['MUTATED_RECORDS'] ?? 10_000);
const SEED = Number(process.env['MUTATED_SEED'] ?? 1);
const BASES = 300;
const BATCH = 500;
const FRAME_BYTES = 5;
const GUID_FRAME_BYTES = 17;
// A million take some minutes.
t.setTimeout(0);

const columns: Columns = {
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
const oracle = new JsonOracle(columns, 'at');

/** Ids 1 to 4 are of JSON Schema, 5 is of another language, and the registry knows no others. */
const schemas: Schemas = {
  ...noSchemas,
  known: (id) => {
    if (id === 5) return { language: 'AVRO', text: '"string"', references: [] };
    return Number(id) >= 1 && Number(id) <= 4 ? { language: 'JSON', text: '{}', references: [] } : undefined;
  },
};

function expected(record: Buffer): Outcome {
  let payload = record;
  if (record[0] === 0 && record.length >= FRAME_BYTES) {
    const id = record.readInt32BE(1);
    if (id >= 0 && (id < 1 || id > 4)) return 'fault';
    if (id >= 0) payload = record.subarray(FRAME_BYTES);
  } else if (record[0] === 1 && record.length >= GUID_FRAME_BYTES)
    payload = record.subarray(GUID_FRAME_BYTES);
  return oracle.decode(payload) ?? 'fault';
}

t.test('damaged records are what their frame and JSON.parse say they are', async (t) => {
  const random = randomIntegers(SEED);
  const texts = fc
    .sample(eventText, { numRuns: BASES, seed: SEED })
    .map((text) => Buffer.from(text))
    .filter((text) => oracle.decode(text) !== null);
  const framed = (text: Buffer, i: number): Buffer => {
    if (i % 8 === 7) return Buffer.concat([Buffer.alloc(GUID_FRAME_BYTES, 1), text]);
    if (i % 8 === 6) return text;
    const frame = Buffer.alloc(FRAME_BYTES);
    frame.writeInt32BE(1 + (i % 5), 1);
    return Buffer.concat([frame, text]);
  };
  const decoder = await json().decoder({
    topic: 'events',
    subject: 'events-value',
    eventTime: 'at',
    columns: schemaOf(columns),
    declared: columns,
    schemas,
  });
  let events = 0;
  for (let from = 0; from < MUTATED; from += BATCH) {
    const records = Array.from({ length: Math.min(BATCH, MUTATED - from) }, () => {
      let record = framed(texts[random() % texts.length]!, random());
      for (let left = 1 + (random() % 2); left > 0; left--) {
        const one: Damage = [random() % DAMAGES, random(), random()];
        // A third of the damage is to the frame.
        const head = record.subarray(0, GUID_FRAME_BYTES);
        record =
          random() % 3 === 0
            ? Buffer.concat([damaged(head, one), record.subarray(head.length)])
            : damaged(record, one);
      }
      return record;
    });
    const found = await decodedBy(decoder, columns, records);
    for (const [i, record] of records.entries()) {
      assert.deepStrictEqual(found[i], expected(record), record.toString('latin1'));
      events += Number(typeof found[i] === 'object');
    }
  }
  t.ok(events > MUTATED / 50 && events < MUTATED / 2, `${events} events of ${MUTATED}`);
});
