// Exact columns, and columns in lists, of events that come as JSON.
import t from 'tap';
import {
  bytes,
  decimal,
  double,
  int64,
  list,
  long,
  nullable,
  scaled,
  string,
  timestamp,
  timestampIn,
} from 'millrace';
import { RowReader } from '../../../src/runtime/ingest/row-reader.ts';
import { schemaOf } from '../../../src/topology/columns-schema.ts';

const declared = {
  id: int64,
  price: decimal,
  total: scaled(2),
  blob: nullable(bytes),
  'items.0.price': nullable(double),
  'items.length': nullable(long),
  'grid.1.0': nullable(double),
  at: timestamp,
};
const reader = new RowReader({
  schema: schemaOf(declared),
  declared,
  eventTime: 'at',
  nowMs: () => 0,
});
const good = { id: '9007199254740993', price: '0.1', total: 12.5, at: 0 };

function fault(value: object): readonly [column: string | null, reason: string] | null {
  return reader.read(value) === null ? [reader.column, reader.reason] : null;
}

t.test('values become those of the columns', async (t) => {
  const row = { id: '9007199254740993', price: 0.1, total: 1250, at: 0 };
  t.strictSame({ ...reader.read(good) }, row);
  t.strictSame(
    { ...reader.read({ ...good, id: 7, total: '12.50', blob: 'AQL/' }) },
    { ...row, id: '7', blob: 'AQL/' },
  );
});

t.test('columns have a part of a list', async (t) => {
  const lists = { items: [{ price: 1, name: 'x' }, 'y'], grid: [[1], [2, 3]] };
  t.match(reader.read({ ...good, ...lists }), { 'items.0.price': 1, 'items.length': 2, 'grid.1.0': 2 });
  t.match(reader.read({ ...good, items: [] }), { 'items.length': 0 });
});

t.test('what would lose digits is refused', async (t) => {
  t.strictSame(fault({ ...good, id: 2 ** 53 }), [
    'id',
    'it is a number beyond 2^53 with an exponent, which has lost digits: write them all',
  ]);
  t.strictSame(fault({ ...good, id: '007' }), ['id', 'it is no integer of 64 bits']);
  t.strictSame(fault({ ...good, price: 'x' }), ['price', 'it is no decimal number']);
  t.match(fault({ ...good, total: 1.005 }), ['total', /at most 2 digits behind the point/]);
  t.strictSame(fault({ ...good, blob: 'A' }), ['blob', 'it is no text in base64']);
  t.match(fault({ ...good, items: [{ price: 'x' }] }), ['items.0.price', /not a number/]);
  t.match(fault({ ...good, grid: 7 }), ['grid', /no object/]);
});

t.test('instants of a declared unit, in numbers, text and lists', async (t) => {
  const columns = {
    at: timestampIn('us'),
    day: nullable(timestampIn('days')),
    seen: nullable(list(timestampIn('s'))),
  };
  const MS = 1_777_636_800_123;
  const units = new RowReader({
    schema: schemaOf(columns),
    declared: columns,
    eventTime: 'at',
    nowMs: () => MS,
  });
  const us = MS * 1_000 + 456;
  t.match(units.read({ at: us }), { at: MS });
  t.match(units.read({ at: String(us), day: 20_574 }), { at: MS, day: 20_574 * 86_400_000 });
  t.match(units.read({ at: '2026-05-01T12:00:00.123Z', seen: [1, '2.5', 1_700_000_000.123] }), {
    at: MS,
    seen: [1_000, 2_500, 1_700_000_000_123],
  });
  t.equal(units.read({ at: MS }), null);
  t.match(
    units.reason,
    /seems to count milliseconds, not microseconds, since 1970: declare the column as timestamp, /,
  );
  t.equal(units.read({ at: us, day: 1.5 }), null);
  t.match(units.reason, /it is no instant: write days since 1970/);
  t.equal(units.read({ at: us, seen: [true] }), null);
  t.match(units.reason, /item 0: it is a boolean, not an instant/);
});

t.test('integers that came with all their digits', async (t) => {
  const columns = {
    id: int64,
    at: timestampIn('ns'),
    ids: nullable(list(int64)),
    amount: nullable(double),
    count: nullable(long),
    name: nullable(string),
    rates: nullable(list(double)),
  };
  const MS = 1_777_636_800_123;
  const wide = new RowReader({
    schema: schemaOf(columns),
    declared: columns,
    eventTime: 'at',
    nowMs: () => MS,
  });
  const given = { id: 2n ** 63n + 1n, at: BigInt(MS) * 1_000_000n + 999_999n };
  t.match(wide.read({ ...given, ids: [2n ** 53n + 1n], amount: 2n ** 60n, rates: [2n ** 60n] }), {
    id: '9223372036854775809',
    at: MS,
    ids: ['9007199254740993'],
    amount: 2 ** 60,
    rates: [2 ** 60],
  });
  t.equal(wide.read({ ...given, id: 2n ** 64n }), null);
  t.equal(wide.reason, 'it is no integer of 64 bits');
  t.equal(wide.read({ ...given, count: 2n ** 53n + 1n }), null);
  t.match(wide.reason, /an integer beyond 2\^53/);
  t.equal(wide.read({ ...given, name: 2n ** 60n }), null);
  t.equal(wide.reason, 'it is a number, not a string');
  t.equal(wide.read({ ...given, at: BigInt(MS) * 10n ** 12n }), null);
  t.match(wide.reason, /it is no instant: write nanoseconds since 1970/);
});
