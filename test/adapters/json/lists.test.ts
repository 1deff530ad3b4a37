// Columns of lists of JSON against JSON.parse, on generated records and on damaged ones.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { objectTree, planColumns } from '../../../src/adapters/json/column-tree.ts';
import { JsonEventEncoder } from '../../../src/adapters/json/event-encoder.ts';
import { double, list, long, nullable, string, timestamp } from '../../../src/core/column-types.ts';
import type { Columns } from '../../../src/core/columns.ts';
import { LIST_ITEMS_MAX } from '../../../src/core/event-limits.ts';
import { damage, damaged, type Damage } from './mutations.ts';
import { jsonRows } from './rows.ts';

const columns: Columns = {
  at: timestamp,
  tags: list(string),
  prices: nullable(list(nullable(double))),
  'items[].sku': list(string),
  'items[].count': list(nullable(long)),
  'items[].maker.name': list(nullable(string)),
  'items.length': nullable(long),
  'items.1.sku': nullable(string),
  'attrs.keys()': nullable(list(string)),
  'attrs.values()': nullable(list(double)),
  'attrs.x': nullable(double),
};
const rows = jsonRows(columns, 'at');

type Value = number | string | null;
const MISFIT = Symbol('misfit');

function member(value: unknown, name: string): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value !== 'object' || Array.isArray(value)) return MISFIT;
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : null;
}

const text = (value: unknown): unknown =>
  typeof value === 'string' && value.isWellFormed() ? value : MISFIT;
const number = (value: unknown): unknown => (Number.isFinite(value) ? value : MISFIT);
const whole = (value: unknown): unknown => (Number.isSafeInteger(value) ? Number(value) + 0 : MISFIT);
const orNull =
  (check: (value: unknown) => unknown) =>
  (value: unknown): unknown =>
    value === null ? null : value === MISFIT ? MISFIT : check(value);
const strict = (check: (value: unknown) => unknown) => (value: unknown) =>
  value === MISFIT ? MISFIT : check(value);

function items(value: unknown, one: (item: unknown) => unknown): unknown {
  if (!Array.isArray(value)) return MISFIT;
  const all = value.map(one);
  return all.includes(MISFIT) || all.length > LIST_ITEMS_MAX ? MISFIT : all;
}

/** What a record means, by JSON.parse alone; null where it is no event. */
function expected(bytes: Uint8Array): Record<string, Value | Value[]> | null {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return null;
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return null;
  const at = member(document, 'at');
  const list = member(document, 'items');
  const attrs = member(document, 'attrs');
  const isMap = typeof attrs === 'object' && attrs !== null && !Array.isArray(attrs);
  const second: unknown = Array.isArray(list) ? (list[1] ?? null) : MISFIT;
  const row: Record<string, unknown> = {
    at: Number.isFinite(at) ? Math.floor(at as number) + 0 : MISFIT, // it is a number
    tags: items(member(document, 'tags'), text),
    prices: orNull((prices) => items(prices, orNull(number)))(member(document, 'prices')),
    'items[].sku': items(list, (item) => strict(text)(member(item, 'sku'))),
    'items[].count': items(list, (item) => orNull(whole)(member(item, 'count'))),
    'items[].maker.name': items(list, (item) => {
      const maker = member(item, 'maker');
      return maker === MISFIT ? MISFIT : orNull(text)(member(maker, 'name'));
    }),
    'items.length': Array.isArray(list) ? list.length : null,
    'items.1.sku': second === MISFIT ? MISFIT : orNull(text)(member(second, 'sku')),
    'attrs.keys()': attrs === null ? null : isMap ? items(Object.keys(attrs), text) : MISFIT,
    'attrs.values()': attrs === null ? null : isMap ? items(Object.values(attrs), number) : MISFIT,
    'attrs.x': attrs === null ? null : isMap ? orNull(number)(member(attrs, 'x')) : MISFIT,
  };
  return Object.values(row).includes(MISFIT) ? null : (row as Record<string, Value | Value[]>);
}

/** Entries of a map come in the order of the text; JSON.parse puts keys that look like numbers first. */
function sorted(row: Record<string, unknown>): Record<string, unknown> {
  const keys = row['attrs.keys()'] as string[] | null;
  const values = row['attrs.values()'] as number[] | null;
  const entries = keys?.map((key, i) => [key, values?.[i]] as const).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { ...row, 'attrs.keys()': entries ?? null, 'attrs.values()': null };
}

const jsonText = fc.string({ unit: 'binary', maxLength: 6 }).map((value) => JSON.stringify(value));
const jsonNumber = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => String(value + 0)),
);
const odd = fc.constantFrom('null', 'true', '"\\ud800"', '[]', '{}', '1e999', '[1]', '""');
const mostly = (usual: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 24, arbitrary: usual }, { weight: 1, arbitrary: odd });
const arrayOf = (item: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.array(item, { maxLength: 5 }).map((all) => `[${all.join(', ')}]`);
const objectOf = (members: fc.Arbitrary<readonly [string, string]>): fc.Arbitrary<string> =>
  fc
    .array(members, { maxLength: 5 })
    .map((all) => `{${all.map(([name, value]) => `${name}:${value}`).join()}}`);
const memberOf = (name: string, value: fc.Arbitrary<string>): fc.Arbitrary<readonly [string, string]> =>
  mostly(value).map((one) => [JSON.stringify(name), one] as const);

const item = fc
  .tuple(
    jsonText,
    objectOf(
      fc.oneof(
        memberOf('count', fc.oneof(jsonNumber, fc.constant('null'))),
        memberOf('maker', objectOf(memberOf('name', jsonText))),
      ),
    ),
  )
  .map(([sku, rest]) => `{"sku":${sku}${rest === '{}' ? '' : ','}${rest.slice(1)}`);
const listOfItems = mostly(arrayOf(mostly(item)));
const attrs = objectOf(
  fc.tuple(fc.oneof(jsonText, fc.constantFrom('"x"', '"\\u0078"', '"a"')), mostly(jsonNumber)),
);
const record = fc
  .tuple(
    arrayOf(jsonText),
    listOfItems,
    fc.array(
      fc.oneof(
        memberOf('prices', fc.oneof(arrayOf(fc.oneof(jsonNumber, fc.constant('null'))), fc.constant('null'))),
        memberOf('attrs', attrs),
        memberOf('tags', arrayOf(jsonText)),
        memberOf('items', listOfItems),
      ),
      { maxLength: 4 },
    ),
  )
  .map(
    ([tags, list, more]) =>
      `{"at":1,"tags":${tags},"items":${list}${more.map(([name, value]) => `,${name}:${value}`).join('')}}`,
  );

t.test('lists of generated and damaged records are what JSON.parse says they are', async (t) => {
  let events = 0;
  fc.assert(
    fc.property(record, fc.array(damage, { maxLength: 2 }), (text, damages: Damage[]) => {
      const bytes = damages.reduce(damaged, Buffer.from(text));
      const found = rows.read(bytes);
      const wanted = expected(bytes);
      if (wanted === null) assert.equal(typeof found, 'string', bytes.toString());
      else {
        assert.notEqual(typeof found, 'string', `${found as string}: ${bytes.toString()}`);
        assert.deepStrictEqual(sorted(found as Record<string, unknown>), sorted(wanted), bytes.toString());
        events++;
      }
    }),
    { numRuns: 1_500 },
  );
  t.ok(events > 150, `${events} events`);
});

t.test('what is wrong with a list says which column and where', async (t) => {
  const small = jsonRows({ at: timestamp, tags: list(string), 'm.values()': nullable(list(double)) }, 'at');
  const read = (text: string): unknown => small.read(Buffer.from(text));
  t.equal(read('{"at":1,"tags":"a"}'), "'tags' is not a list, at byte 15");
  t.equal(read('{"at":1,"tags":["a",null]}'), "'tags' is null, at byte 20");
  t.equal(read('{"at":1,"tags":["a"],"m":{"k":"x"}}'), "'m.values()' is not a number, at byte 30");
  t.equal(read('{"at":1}'), "'tags' is missing");
  t.same(read('{"at":1,"tags":[],"m":{"k":"x","k":2}}'), { at: 1, tags: [], 'm.values()': [2] });
  const many = `[${Array.from({ length: LIST_ITEMS_MAX + 1 }, () => '""').join()}]`;
  t.equal(read(`{"at":1,"tags":${many}}`), `'tags' has more than ${LIST_ITEMS_MAX} items`);
});

t.test('an event with lists is encoded as it is read', async (t) => {
  const plans = planColumns(columns, 'events');
  objectTree(plans, 'events');
  const encoder = new JsonEventEncoder(plans, 'at', 'events');
  const event = {
    at: 5,
    tags: ['a', 'b'],
    prices: [1, null],
    'items[].sku': ['p', 'q'],
    'items[].count': [2, null],
    'items[].maker.name': [null, 'm'],
    'attrs.keys()': ['k', 'x'],
    'attrs.values()': [0.5, 7],
  };
  t.same(rows.read(encoder.encode(event)), { ...event, 'items.length': 2, 'items.1.sku': 'q', 'attrs.x': 7 });
  t.throws(() => encoder.encode({ ...event, 'items[].sku': ['p'] }), /not as many items/);
  t.equal(encoder.misfit({ ...event, tags: ['a', null] }), 'tags');
});
