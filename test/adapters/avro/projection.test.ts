// Declared columns in records of every Avro type, by their paths, against what avsc wrote.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { planDeclared } from '../../../src/adapters/avro/declared-plan.ts';
import { project } from '../../../src/adapters/avro/projection.ts';
import { ResolvingReader } from '../../../src/adapters/avro/resolving-reader.ts';
import { parseSchema } from '../../../src/adapters/avro/schema-node.ts';
import type { Columns } from '../../../src/core/columns.ts';
import {
  decimal,
  double,
  enumeration,
  int64,
  long,
  nullable,
  scaled,
  string,
  timestamp,
} from '../../../src/core/column-types.ts';
import { declared, expected, order, type, writer, type Order } from './orders.ts';
import { Reading } from './reading.ts';

function projecting(columns: Columns): Reading {
  const fields = planDeclared(columns, 'at');
  return new Reading(new ResolvingReader(project(writer, fields, 'schema id 1')), fields);
}

const byPath = projecting(declared);

t.test('property: declared columns are what avsc wrote at their paths', async (t) => {
  fc.assert(
    fc.property(order, (given) => {
      assert.deepStrictEqual(byPath.read(type.toBuffer(given)), { ...expected(given) });
    }),
    { numRuns: 500 },
  );
  t.pass();
});

t.test('property: arbitrary and damaged bytes never throw', async (t) => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 });
  fc.assert(
    fc.property(order, damage, fc.nat(), (given, changes, length) => {
      const record = type.toBuffer(given);
      assert.equal(typeof byPath.read(record.subarray(0, length % record.length)), 'string');
      for (const [at, octet] of changes) record[at % record.length] = octet;
      byPath.read(record);
    }),
    { numRuns: 500 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 90 }), (all) => void byPath.read(Buffer.from(all))));
  t.pass();
});

t.test('a block that claims more items than it has bytes takes no time', async (t) => {
  const counts = parseSchema(
    JSON.stringify({
      type: 'record',
      name: 'R',
      fields: [
        { name: 'at', type: 'long' },
        { name: 'nothing', type: { type: 'array', items: 'null' } },
        { name: 'lines', type: { type: 'array', items: 'int' } },
      ],
    }),
  );
  const fields = planDeclared({ at: long, 'nothing.length': long, 'lines.length': long }, 'at');
  const reading = new Reading(new ResolvingReader(project(counts, fields, 'schema id 1')), fields);
  const huge = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f];
  t.match(reading.read(Buffer.from([0, ...huge, 0, 2, 4, 0])), {
    'nothing.length': 2 ** 52 - 1,
    'lines.length': 1,
  });
  t.match(reading.read(Buffer.from([0, 0, ...huge, 2])), 'the bytes end');
  t.match(reading.read(Buffer.from([0, 0, 3, 4, 2, 4, 0])), { 'lines.length': 2 }, 'a block with its size');
});

const good: Order = {
  at: 0n,
  id: 1n,
  uuid: Buffer.alloc(16),
  hash: Buffer.alloc(5),
  blob: Buffer.alloc(0),
  total: Buffer.of(1),
  tax: Buffer.alloc(9),
  text: '7.5',
  day: 0,
  time: 0n,
  lasts: Buffer.alloc(12),
  after: null,
  value: null,
  lines: [],
  attrs: {},
  grid: null,
  last: true,
};

t.test('a time of day is no instant', async (t) => {
  const record = type.toBuffer({ ...good, time: 36_000_000_000n });
  t.match(
    projecting({ at: timestamp, time: timestamp }).read(record),
    "'time' is a timestamp, and the field time is a time of day there, which is no instant: declare it as long",
  );
  t.match(projecting({ at: timestamp, time: long }).read(record), { time: 36_000_000_000 });
});

t.test('of a type that a column does not read, the message names the columns that do', async (t) => {
  const record = type.toBuffer({ ...good, after: { sku: 's', price: null, next: null } });
  const remedies: ReadonlyArray<readonly [Columns, string]> = [
    [
      { total: long },
      'of bytes (decimal), which is not read as its type: declare it as string, decimal, scaled or int64',
    ],
    [{ uuid: long }, 'of fixed Uuid (uuid), which is not read as its type: declare it as string'],
    [{ hash: double }, 'declare it as bytes'],
    [{ lasts: long }, 'declare it as long, by its parts: lasts.months, lasts.days, lasts.millis'],
    [{ text: enumeration(['A']) }, 'declare it as string'],
    [{ day: string, last: double }, 'declare it as boolean'],
    [{ after: string }, 'declare it as columns of its fields, such as after.sku'],
    [{ lines: string }, 'declare it as columns of its items, lines[] or lines.0, or of lines.length'],
    [{ attrs: string }, 'attrs.keys() and attrs.values(), or attrs.KEY'],
    [{ id: enumeration(['1']) }, 'declare it as long, double or int64'],
  ];
  for (const [columns, message] of remedies)
    t.match(projecting({ at: timestamp, ...columns }).read(record), message, message);
});

t.test(
  'a required column has a fault where its path ends, a column of another type where it is met',
  async (t) => {
    const record = type.toBuffer(good);
    const faults: ReadonlyArray<readonly [Columns, string | object]> = [
      [{ 'after.sku': string }, "'after.sku' is null, and the column is not nullable"],
      [{ 'lines.0.sku': string }, "'lines.0.sku' is missing"],
      [{ 'attrs.country': string }, "'attrs.country' is missing"],
      [{ 'lines.sku': string }, "'lines.sku' is missing"],
      [{ 'lines.sku': nullable(string) }, { 'lines.sku': null }],
      [{ 'not.there': double }, 'it has no field not.there, which is required'],
      [{ id: double }, { id: 1 }],
      [{ text: int64 }, 'a text is not the number'],
      [{ text: decimal }, { text: 7.5 }],
      [{ text: scaled(1) }, { text: 75 }],
      [{ text: scaled(0) }, 'more digits'],
      [{ text: double }, 'would be of string'],
      [{ after: string }, 'not nullable'],
      [{ 'id.x': double }, 'the field id is of long, which has no fields, as the column id.x needs'],
    ];
    for (const [columns, message] of faults)
      t.match(projecting({ at: timestamp, ...columns }).read(record), message, Object.keys(columns).join());
    const noDigits = type.toBuffer({ ...good, total: Buffer.alloc(0) });
    t.match(byPath.read(noDigits), 'a decimal has no bytes, or too many');
    t.match(byPath.read(type.toBuffer({ ...good, total: Buffer.alloc(65) })), 'too many');
  },
);
