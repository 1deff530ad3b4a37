// Columns of lists at the doors: events over HTTP, and rows of files.
import t from 'tap';
import { RowMapping } from '../../../src/app/commands/load/row-mapping.ts';
import { double, list, nullable, string, timestamp } from '../../../src/core/column-types.ts';
import { schemaOf } from '../../../src/core/schema.ts';
import { RowReader } from '../../../src/runtime/ingest/row-reader.ts';

const declared = {
  at: timestamp,
  tags: list(string),
  'items[].sku': list(string),
  'items[].price': nullable(list(nullable(double))),
  'attrs.keys()': nullable(list(string)),
  'attrs.values()': nullable(list(double)),
};
const schema = schemaOf(declared);
const event = {
  at: 5,
  tags: ['a'],
  items: [{ sku: 'p', price: 1.5, more: true }, { sku: 'q' }],
  attrs: { k: 7 },
};
const row = {
  at: 5,
  tags: ['a'],
  'items[].sku': ['p', 'q'],
  'items[].price': [1.5, null],
  'attrs.keys()': ['k'],
  'attrs.values()': [7],
};

t.test('an event over HTTP has lists, nested or by the names of columns', async (t) => {
  const reader = new RowReader({ schema, declared, eventTime: 'at', nowMs: () => 10 });
  t.same(reader.read(event), row);
  t.same(reader.read(row), row);
  const refused = (given: object): string => {
    t.equal(reader.read({ ...event, ...given }), null);
    return `${reader.column}: ${reader.reason}`;
  };
  t.equal(refused({ tags: 'a' }), 'tags: it is a string, not a list');
  t.equal(refused({ tags: ['a', null] }), 'tags: item 1: it is null');
  t.equal(refused({ tags: ['a', 1] }), 'tags: item 1: it is a number, not a string');
  t.equal(refused({ items: {} }), 'items[].sku: it is no list');
  t.equal(refused({ items: [{}] }), 'items[].sku: item 0: it is null');
  t.equal(refused({ attrs: { k: 'x' } }), 'attrs.values(): item 0: it is a string, not a number');
  t.equal(refused({ tag: [] }), "tag: there is no such column; did you mean 'tags'?");
});

t.test('a row of a file has arrays and maps, or their JSON', async (t) => {
  const target = {
    schema,
    columns: declared,
    eventTime: 'at',
    unit: 'ms' as const,
    nowMs: null,
    names: new Map(),
  };
  t.same(new RowMapping('rows.jsonl', null, target).eventOf(event), row);
  const csv = new RowMapping('rows.csv', ['at', 'tags', 'items', 'attrs'], target);
  const cells = ['5', '["a"]', JSON.stringify(event.items), '{"k":7}'];
  t.same(csv.eventOf(cells), row);
  const parquet = new RowMapping('rows.parquet', ['at', 'tags', 'items', 'attrs'], target);
  t.same(parquet.eventOf([5, ['a'], event.items, new Map([['k', 7]])]), row);
  t.throws(() => csv.eventOf(['5', 'a', '[]', '{}']), /no JSON/);
  t.throws(() => csv.eventOf(['5', '{}', '[]', '{}']), /no list/);
});
