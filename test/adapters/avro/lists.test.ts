// Columns of lists of Avro against what avsc wrote: found by the paths that a topology declares, and resolved by its schema.
import assert from 'node:assert/strict';
import avsc from 'avsc';
import fc from 'fast-check';
import t from 'tap';
import { planColumns, type FieldPlan } from '../../../src/adapters/avro/column-plan.ts';
import { planDeclared } from '../../../src/adapters/avro/declared-plan.ts';
import { project } from '../../../src/adapters/avro/projection.ts';
import { resolve } from '../../../src/adapters/avro/resolution.ts';
import { ResolvingReader } from '../../../src/adapters/avro/resolving-reader.ts';
import { parseSchema } from '../../../src/adapters/avro/schema-node.ts';
import { double, int, list, long, nullable, string } from '../../../src/core/column-types.ts';
import type { Columns } from '../../../src/core/columns.ts';
import { LIST_ITEMS_MAX } from '../../../src/core/event-limits.ts';
import { avroSchema } from '../../../src/topology/avro-schema.ts';
import { RowsOf, type Row } from '../../support/read-rows.ts';

const item = {
  type: 'record',
  name: 'Item',
  fields: [
    { name: 'sku', type: 'string' },
    { name: 'price', type: ['null', 'double'], default: null },
  ],
};
const schema = {
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'at', type: 'long' },
    { name: 'tags', type: { type: 'array', items: 'string' } },
    { name: 'counts', type: ['null', { type: 'array', items: ['null', 'int'] }], default: null },
    { name: 'items', type: { type: 'array', items: item } },
    { name: 'attrs', type: { type: 'map', values: 'double' } },
  ],
};
const type = avsc.Type.forSchema(schema as avsc.Schema);
const writer = parseSchema(JSON.stringify(schema));

interface Order {
  readonly at: number;
  readonly tags: string[];
  readonly counts: { readonly array: Array<{ readonly int: number } | null> } | null;
  readonly items: Array<{ readonly sku: string; readonly price: { readonly double: number } | null }>;
  readonly attrs: Record<string, number>;
}

const wrapped = avsc.Type.forSchema(schema as avsc.Schema, { wrapUnions: true });
const number = fc.double({ noNaN: true });
const order: fc.Arbitrary<Order> = fc.record({
  at: fc.integer(),
  tags: fc.array(fc.string({ unit: 'grapheme' })),
  counts: fc.option(fc.record({ array: fc.array(fc.option(fc.record({ int: fc.integer() }))) })),
  items: fc.array(fc.record({ sku: fc.string(), price: fc.option(fc.record({ double: number })) })),
  attrs: fc.dictionary(fc.string(), number),
});

const columns: Columns = {
  at: long,
  tags: list(string),
  counts: nullable(list(nullable(int))),
  'items[].sku': list(string),
  'items[].price': list(nullable(double)),
  'items.0.sku': nullable(string),
  'items.length': long,
  'attrs.keys()': list(string),
  'attrs.values()': list(double),
  'attrs.x': nullable(double),
};

function expected({ at, tags, counts, items, attrs }: Order): Row {
  return {
    at: at + 0,
    tags,
    counts: counts === null ? null : counts.array.map((one) => (one === null ? null : one.int + 0)),
    'items[].sku': items.map(({ sku }) => sku),
    'items[].price': items.map(({ price }) => price?.double ?? null),
    'items.0.sku': items[0]?.sku ?? null,
    'items.length': items.length,
    'attrs.keys()': Object.keys(attrs),
    'attrs.values()': Object.values(attrs),
    'attrs.x': Object.hasOwn(attrs, 'x') ? attrs['x']! : null,
  };
}

const declared = planDeclared(columns, 'at');
const byPath = new RowsOf(new ResolvingReader(project(writer, declared, 'schema id 1')), columns, 'at');

/** What a schema file gives, by the names that `millrace types` writes. */
function resolving(fields: readonly FieldPlan[], reader: unknown): RowsOf {
  const node = parseSchema(JSON.stringify(reader));
  const types = Object.fromEntries(fields.map(({ name }) => [name, columns[name] ?? nullable(list(double))]));
  return new RowsOf(new ResolvingReader(resolve(writer, { node, fields }, 'schema id 1')), types, 'at');
}

t.test('property: lists are what avsc wrote, by path and by schema', async (t) => {
  const own = planColumns(writer, 'orders-value', 'at');
  const optional = ['items.0.sku', 'attrs.x'];
  t.same(
    own.map(({ name }) => name).filter((name) => name !== 'tags.length' && name !== 'counts.length'),
    Object.keys(columns).filter((name) => !optional.includes(name)),
  );
  const bySchema = resolving(
    own.filter(({ name }) => name !== 'tags.length' && name !== 'counts.length'),
    schema,
  );
  fc.assert(
    fc.property(order, (given) => {
      const bytes = wrapped.toBuffer(given);
      assert.deepStrictEqual(byPath.read(bytes), expected(given));
      const { 'items.0.sku': _first, 'attrs.x': _x, ...rest } = expected(given);
      assert.deepStrictEqual(bySchema.read(bytes), rest);
    }),
    { numRuns: 300 },
  );
});

t.test('property: damaged bytes never throw', async (t) => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 });
  fc.assert(
    fc.property(order, damage, fc.nat(), (given, changes, length) => {
      const record = wrapped.toBuffer(given);
      assert.equal(typeof byPath.read(record.subarray(0, length % record.length)), 'string');
      for (const [at, octet] of changes) record[at % record.length] = octet;
      byPath.read(record);
    }),
    { numRuns: 500 },
  );
  t.pass();
});

t.test('defaults of a newer schema are lists, and a longer list than allowed is a fault', async (t) => {
  const newer = {
    ...schema,
    fields: [
      ...schema.fields.slice(0, 2),
      { name: 'more', type: { type: 'array', items: 'double' }, default: [1.5, 2] },
      { name: 'none', type: { type: 'map', values: 'double' }, default: {} },
    ],
  };
  const fields = planColumns(parseSchema(JSON.stringify(newer)), 'orders-value', 'at').filter(
    ({ name }) => !name.endsWith('length') && name !== 'none.keys()',
  );
  const rows = resolving(fields, newer);
  const given = { at: 1, tags: ['a'], counts: null, items: [], attrs: {} };
  t.same(rows.read(type.toBuffer(given)), { at: 1, tags: ['a'], more: [1.5, 2], 'none.values()': [] });
  const many = Array.from({ length: LIST_ITEMS_MAX + 1 }, () => '');
  t.equal(
    byPath.read(type.toBuffer({ ...given, tags: many })),
    `a list has more than ${LIST_ITEMS_MAX} items`,
  );
});

t.test('the schema of declared columns has arrays and maps', async (t) => {
  const { 'items.0.sku': _first, 'items.length': _length, 'attrs.x': _x, ...lists } = columns;
  const derived = JSON.parse(avroSchema('orders', lists)) as { fields: unknown[] };
  t.match(derived.fields, [
    { name: 'at' },
    { name: 'tags', type: { type: 'array', items: 'string' } },
    { name: 'counts', type: ['null', { type: 'array', items: ['null', 'int'] }] },
    {
      name: 'items',
      type: { type: 'array', items: { type: 'record', fields: [{ name: 'sku' }, { name: 'price' }] } },
    },
    { name: 'attrs', type: { type: 'map', values: 'double' } },
  ]);
  t.doesNotThrow(() => avsc.Type.forSchema(derived as never));
  t.throws(() => avroSchema('orders', columns), { code: 'TOPOLOGY_INVALID' });
});
