// Columns in which no digit may be lost, and columns in lists, against JSON.parse and BigInt.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import {
  bytes,
  decimal,
  double,
  int64,
  long,
  nullable,
  scaled,
  string,
  timestamp,
} from '../../../src/core/column-types.ts';
import { JsonEventEncoder } from '../../../src/adapters/json/event-encoder.ts';
import { planColumns } from '../../../src/adapters/json/column-tree.ts';
import { exactly } from './exact-oracle.ts';
import { jsonRows } from './rows.ts';

const columns = {
  id: int64,
  cents: scaled(2),
  price: decimal,
  blob: nullable(bytes),
  'items.0': nullable(string),
  'items.2': nullable(int64),
  'items.length': nullable(long),
  'lines.0.price': nullable(scaled(2)),
  'lines.1.price': nullable(double),
  'lines.1.tags.length': nullable(long),
  'grid.1.0': nullable(double),
  'attrs.country': nullable(string),
  'attrs.4711': nullable(string),
  at: timestamp,
};
const rows = jsonRows(columns, 'at');

/** The paths of what may be a list: columns name its length or items of it. */
const lists = new Set(['items', 'lines', 'lines.1.tags', 'grid', 'grid.1', 'attrs']);

const digits = fc.oneof(
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 65n }).map(String),
  fc.integer({ min: -999, max: 999 }).map(String),
  fc.stringMatching(/^-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,5})?([eE][+-]?[0-9]{1,3})?$/),
  fc.constantFrom(
    '9223372036854775807',
    '18446744073709551615',
    '18446744073709551616',
    '-9223372036854775808',
  ),
  fc.constantFrom(
    '-9223372036854775809',
    '9007199254740993',
    '-0',
    '0.000',
    '12.50',
    '1E+2',
    '1e400',
    '90071992547409.92',
  ),
);
const scalar = fc.oneof(
  digits,
  digits.map((text) => JSON.stringify(text)),
  fc.base64String({ maxLength: 12 }).map((text) => JSON.stringify(text)),
  fc.constantFrom('null', 'true', '"007"', '""', '"+1"', '"NaN"', '"AA=="', '"A==="', '"AA="', '"\\u0031"'),
);
const any = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    { weight: 3, arbitrary: scalar },
    { weight: 2, arbitrary: fc.array(tie('value'), { maxLength: 4 }).map((all) => `[ ${all.join(' , ')}]`) },
    {
      weight: 2,
      arbitrary: fc
        .dictionary(
          fc.constantFrom('price', 'tags', '0', '1', 'length', 'country', '4711', 'x'),
          tie('value'),
        )
        .map(
          (all) =>
            `{${Object.entries(all)
              .map(([name, value]) => `"${name}":${value}`)
              .join(',')}}`,
        ),
    },
  ),
})).value;
const good = {
  id: fc
    .bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n })
    .map((id) => (id % 2n === 0n ? String(id) : `"${id}"`)),
  cents: fc.integer().map((cents) => (cents / 100).toFixed(2)),
  price: fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
};
const event = fc
  .tuple(
    fc.record({ id: good.id, cents: good.cents, price: good.price }),
    fc.dictionary(
      fc.constantFrom('id', 'cents', 'price', 'blob', 'items', 'lines', 'grid', 'attrs', 'other'),
      any,
      { maxKeys: 4 },
    ),
  )
  .map(([required, more]) => {
    const members = { ...required, ...more, at: '0' };
    return `{${Object.entries(members)
      .map(([name, value]) => `"${name}":${value}`)
      .join(', ')}}`;
  });

t.test('property: exact columns, and those in lists, are what JSON.parse and BigInt say', async (t) => {
  let events = 0;
  fc.assert(
    fc.property(event, (text) => {
      const found = rows.read(Buffer.from(text));
      const row = exactly(text, columns, lists);
      if (row === null) assert.equal(typeof found, 'string', `read as an event: ${text}`);
      else {
        assert.deepStrictEqual(found, row, text);
        events++;
      }
    }),
    { numRuns: 4_000 },
  );
  t.ok(events > 400, `${events} events`);
});

t.test('property: what the encoder writes is read as it was', async (t) => {
  const encoder = new JsonEventEncoder(planColumns(columns, 'events'), 'at', 'events');
  const row = fc.record({
    id: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).map(String),
    cents: fc.maxSafeInteger().map((cents) => cents + 0),
    price: fc.double({ noNaN: true, noDefaultInfinity: true }),
    blob: fc.oneof(
      fc.uint8Array().map((all) => Buffer.from(all).toString('base64')),
      fc.constant(null),
    ),
    'items.0': fc.constantFrom('x', null),
    'items.2': fc.constantFrom('9007199254740993', null),
    'items.length': fc.constantFrom(3, null),
    'lines.0.price': fc.constantFrom(-5, 0, 1250, null),
    'lines.1.price': fc.constantFrom(0.1, null),
    'lines.1.tags.length': fc.constantFrom(0, null),
    'grid.1.0': fc.constant(null),
    'attrs.country': fc.constantFrom('DE', null),
    'attrs.4711': fc.constantFrom('x', null),
    at: fc.nat(),
  });
  fc.assert(
    fc.property(row, (given) => {
      assert.deepStrictEqual(rows.read(encoder.encode(given)), { ...given });
    }),
  );
  t.pass();
});

t.test('the faults of exact columns', async (t) => {
  const base = '"id":1,"cents":1,"price":1,"at":0';
  const cases: ReadonlyArray<readonly [name: string, value: string, fault: string]> = [
    ['id', '18446744073709551616', "'id' is outside the range of int64"],
    ['id', '1.5', "'id' is not an integer of 64 bits, or its digits in a string"],
    ['cents', '1.005', "'cents' is outside the range of scaled"],
    ['cents', '"x"', "'cents' is not a number, or a string with one, of so many digits behind the point"],
    ['price', '"1e999"', "'price' is outside the range of decimal"],
    ['blob', '"A"', "'blob' is not a string in base64"],
    ['items', '"xyz"', "'items.0' is in what is no object"],
    ['items', '[1]', "'items.0' is not a string"],
  ];
  for (const [name, value, fault] of cases) {
    const head = `{${base},"${name}":`;
    const at = head.length + Number(value.startsWith('['));
    t.equal(rows.read(Buffer.from(`${head}${value}}`)), `${fault}, at byte ${at}`, value);
  }
  for (const list of ['[1,]', '[1 2]', '[', '[1'])
    t.type(rows.read(Buffer.from(`{${base},"items":${list}}`)), 'string');
});
