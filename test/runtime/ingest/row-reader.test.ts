import t from 'tap';
import { boolean, double, enumeration, float, int, long, nullable, string, timestamp } from 'millrace';
import type { Columns } from '../../../src/core/columns.ts';
import { EVENT_AHEAD_MS_MAX } from '../../../src/core/event-limits.ts';
import type { Schema } from '../../../src/core/schema.ts';
import { RowReader } from '../../../src/runtime/ingest/row-reader.ts';
import { schemaOf } from '../../../src/topology/columns-schema.ts';

const NOW_MS = Date.UTC(2026, 4, 1);

const declared: Columns = {
  type: enumeration(['payment', 'settled']),
  id: string,
  amount: double,
  rate: float,
  items: int,
  serial: long,
  disputed: nullable(boolean),
  paid: nullable(timestamp),
  at: timestamp,
};

const good = {
  type: 'payment',
  id: 'p1',
  amount: 12.5,
  rate: 0.5,
  items: 2,
  serial: 2 ** 52,
  disputed: true,
  paid: 5,
  at: NOW_MS,
};

function reader(schema: Schema = schemaOf(declared), columns: Columns | null = declared): RowReader {
  return new RowReader({ schema, declared: columns, eventTime: 'at', nowMs: () => NOW_MS });
}

/** The column and the reason of a refusal; null if the row is accepted. */
function fault(value: unknown, by = reader()): readonly [column: string | null, reason: string] | null {
  return by.read(value) === null ? [by.column, by.reason] : null;
}

t.test('a row of the declared types is an event', async (t) => {
  t.strictSame({ ...reader().read(good) }, good);
  const { disputed: _without, paid: _neither, ...required } = good;
  t.strictSame({ ...reader().read(required) }, required, 'nullable columns may be left out');
  t.ok(reader().read({ ...required, disputed: null, paid: null }));
  t.ok(reader().read({ ...good, disputed: 0 }));
});

t.test('instants may be text, and become milliseconds', async (t) => {
  const read = (at: string): unknown => reader().read({ ...good, at })?.['at'];
  t.equal(read('2026-05-01T00:00:00Z'), NOW_MS);
  t.equal(read('2026-05-01T02:00:00.5+02:00'), NOW_MS + 500);
  t.equal(reader().read({ ...good, paid: '2026-05-01T00:00:00Z' })?.['paid'], NOW_MS);
  const others = ['2026-05-01', '2026-05-01T00:00Z', '2026-02-30T00:00:00Z', '2026-04-31 00:00:00+00:00'];
  for (const at of ['yesterday', '1', '2026-05-01T00:00:00', '2026-13-01T00:00:00Z', '', ...others])
    t.match(fault({ ...good, at }), ['at', /no instant/], at);
});

t.test('an event time that counts another unit is refused, with what to do', async (t) => {
  const reasonOf = (at: number): string | null => fault({ ...good, at })?.join(': ') ?? null;
  const seconds = NOW_MS / 1_000;
  t.match(
    reasonOf(seconds),
    /^at: it seems to count seconds, not milliseconds, since 1970: declare the column as timestampIn\('s'\), or/,
  );
  t.match(reasonOf(seconds + 0.25), /seems to count seconds/);
  t.match(
    reasonOf(NOW_MS * 1_000),
    /seems to count microseconds, .*: declare the column as timestampIn\('us'\)/,
  );
  t.match(
    reasonOf(NOW_MS * 1e6),
    /seems to count nanoseconds, .*: declare the column as timestampIn\('ns'\)/,
  );
  t.match(reasonOf(2 ** 62), /between 1900 and 2300/);
  for (const at of [0, 1, 999_999_999, -seconds, Date.UTC(1985, 1)]) t.equal(reasonOf(at), null, String(at));
  t.ok(reader().read({ ...good, at: '1970-01-21T00:00:00Z' }), 'text has no unit');
});

t.test('every other row is refused, with the column and the reason', async (t) => {
  const refused: ReadonlyArray<readonly [unknown, string | null, RegExp]> = [
    [7, null, /no JSON object/],
    [null, null, /no JSON object/],
    [[good], null, /no JSON object/],
    [{ ...good, id: undefined }, 'id', /missing/],
    [{ ...good, id: null }, 'id', /null/],
    [{ ...good, id: 7 }, 'id', /a number, not a string/],
    [{ ...good, id: 'a\ud800' }, 'id', /surrogate/],
    [{ ...good, id: ['a'] }, 'id', /an array/],
    [{ ...good, amount: '7' }, 'amount', /a string, not a number/],
    [{ ...good, amount: true }, 'amount', /a boolean/],
    [{ ...good, amount: {} }, 'amount', /an object/],
    [{ ...good, amount: JSON.parse('1e999') as unknown }, 'amount', /64-bit/],
    [{ ...good, rate: 1e39 }, 'rate', /32-bit/],
    [{ ...good, items: 1.5 }, 'items', /no integer/],
    [{ ...good, items: 2 ** 31 }, 'items', /32-bit integer/],
    [{ ...good, serial: JSON.parse('12345678901234567890') as unknown }, 'serial', /2\^53/],
    [{ ...good, disputed: 2 }, 'disputed', /not true or false/],
    [{ ...good, type: 'paymnet' }, 'type', /did you mean 'payment'/],
    [{ ...good, amuont: 7 }, 'amuont', /did you mean 'amount'/],
    [JSON.parse('{"__proto__": 1}'), '__proto__', /no such column/],
    [{ ...good, at: 1e16 }, 'at', /1900/],
    [{ ...good, at: NOW_MS + 0.5 }, 'at', /no integer/],
    [{ ...good, at: NOW_MS + EVENT_AHEAD_MS_MAX + 1 }, 'at', /ahead of the clock/],
  ];
  for (const [value, column, reason] of refused) {
    const [found, why] = fault(value) ?? [];
    t.equal(found, column, String(reason));
    t.match(why, reason);
  }
  t.equal(fault({ ...good, at: NOW_MS + EVENT_AHEAD_MS_MAX }), null);
});

t.test('a column that is called like a method of objects is missing where it is not sent', async (t) => {
  const columns: Columns = { constructor: string, at: timestamp };
  t.strictSame(fault({ at: 1 }, reader(schemaOf(columns), columns)), ['constructor', 'it is missing']);
});

t.test('nested records are columns with dotted names', async (t) => {
  const number = { kind: 'number', nullable: false } as const;
  const nested = reader({ 'after.amount': number, 'after.card.id': number, at: number }, null);
  const expected = { 'after.amount': 1, 'after.card.id': 2, at: 3 };
  t.strictSame({ ...nested.read({ after: { amount: 1, card: { id: 2 } }, at: 3 }) }, expected);
  t.strictSame({ ...nested.read(expected) }, expected);
  t.strictSame(fault({ after: { amount: 1, cart: {} }, at: 3 }, nested)?.[0], 'after.cart');
  t.match(fault({ after: 7, at: 3 }, nested), ['after', /no object/]);
  for (const both of [
    { after: { amount: 1, card: { id: 2 } }, 'after.amount': 1, at: 3 },
    { 'after.amount': null, after: { amount: 1, card: { id: 2 } }, at: 3 },
  ])
    t.match(fault(both, nested), ['after.amount', /there twice/], 'which of them counts is not guessed');
  const dotted = { 'after.amount': 1, after: { card: { id: 2 } }, at: 3 };
  t.strictSame({ ...nested.read(dotted) }, expected, 'each column once');
});

t.test('the time of an envelope is that of an event without one', async (t) => {
  const { at: _none, ...untimed } = good;
  t.equal(reader().read(untimed, '2026-05-01T00:00:00Z')?.['at'], NOW_MS);
  t.equal(reader().read(good, '2020-01-01T00:00:00Z')?.['at'], NOW_MS);
  const by = reader();
  t.equal(by.read(untimed, 'noon'), null);
  t.equal(by.column, 'at');
});
