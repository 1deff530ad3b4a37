// The columns of a schema file with every Avro type, and their defaults.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { planColumns } from '../../../src/adapters/avro/column-plan.ts';
import { resolve } from '../../../src/adapters/avro/resolution.ts';
import { ResolvingReader } from '../../../src/adapters/avro/resolving-reader.ts';
import { parseSchema, type SchemaNode } from '../../../src/adapters/avro/schema-node.ts';
import { expected, line, money, order, type, writer, type Row } from './orders.ts';
import { Reading } from './reading.ts';

t.test('the columns of a schema file', async (t) => {
  const fields = planColumns(writer, 'orders-value', 'at');
  t.strictSame(
    fields.map(({ name, spec }) => `${name} ${spec.kind}${spec.nullable ? '?' : ''}`),
    [
      'at number',
      'id number',
      'uuid string',
      'hash string',
      'blob string',
      'total number',
      'tax number',
      'text string',
      'day number',
      'time number',
      'lasts.months number',
      'lasts.days number',
      'lasts.millis number',
      'after.sku string?',
      'after.price number?',
      'value.string string?',
      'value.double number?',
      'value.Kind string?',
      'lines[].sku string[]',
      'lines[].price number[]',
      'lines.length number',
      'attrs.keys() string[]',
      'attrs.values() string[]',
      'grid.length number?',
      'last number',
    ],
  );
  const reader = new ResolvingReader(resolve(writer, { node: writer, fields }, 'schema id 1'));
  const reading = new Reading(reader, fields);
  const small = order.map((given) => ({ ...given, id: given.id % 2n ** 53n }));
  fc.assert(
    fc.property(small, (given) => {
      const { tax, day, 'after.price': price, id, ...row } = expected(given);
      const found = reading.read(type.toBuffer(given)) as Row;
      for (const [name, value] of Object.entries(row)) {
        if (name in found) assert.strictEqual(found[name], value, name);
      }
      assert.strictEqual(found['id'], Number(id));
      assert.strictEqual(found['day'], Number(day) / 86_400_000);
      assert.strictEqual(found['tax'], Number(`${String(tax)}e-2`));
      assert.strictEqual(found['after.price'], price === null ? null : Number(price));
      assert.strictEqual(found['lasts.millis'], given.lasts.readUInt32LE(8));
    }),
    { numRuns: 300 },
  );
});

t.test('defaults of what a writer does not have', async (t) => {
  const reader = parseSchema(
    JSON.stringify({
      type: 'record',
      name: 'Order',
      fields: [
        { name: 'at', type: 'long' },
        { name: 'blob', type: 'bytes', default: '\u0001\u00ff' },
        { name: 'total', type: money, default: '\u0000\u00fa' },
        { name: 'after', type: ['null', line], default: null },
        { name: 'either', type: ['string', 'int'], default: 'x' },
        { name: 'lines', type: { type: 'array', items: 'Line' }, default: [] },
        { name: 'attrs', type: { type: 'map', values: 'int' }, default: {} },
      ],
    }),
  );
  const old = parseSchema(
    JSON.stringify({ type: 'record', name: 'Order', fields: [{ name: 'at', type: 'long' }] }),
  );
  const fields = planColumns(reader, 'orders-value', 'at');
  const reading = new Reading(
    new ResolvingReader(resolve(old, { node: reader, fields }, 'schema id 1')),
    fields,
  );
  t.strictSame(reading.read(Buffer.from([2])), {
    at: 1,
    blob: 'Af8=',
    total: 0.025,
    'after.sku': null,
    'after.price': null,
    'either.string': 'x',
    'either.int': null,
    'lines.length': 0,
  });
});

/** What the field x of a writer's type becomes by a reader's. */
function resolved(writerType: unknown, readerType: unknown, value: readonly number[]): unknown {
  const [from, to] = [writerType, readerType].map((x) =>
    parseSchema(
      JSON.stringify({
        type: 'record',
        name: 'R',
        fields: [
          { name: 'at', type: 'long' },
          { name: 'x', type: x },
        ],
      }),
    ),
  ) as [SchemaNode, SchemaNode];
  const fields = planColumns(to, 'r-value', 'at');
  const reader = new ResolvingReader(resolve(from, { node: to, fields }, 'schema id 1'));
  const row = new Reading(reader, fields).read(Buffer.from([2, ...value]));
  return typeof row === 'string' ? row : row['x'];
}

t.test('bytes are what the reader calls them', async (t) => {
  const cents = { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 };
  const mills = { ...cents, scale: 3 };
  t.equal(resolved('bytes', cents, [4, 1, 0]), 2.56);
  t.equal(resolved(cents, 'bytes', [4, 1, 0]), 'AQA=');
  t.equal(resolved(mills, cents, [4, 1, 0]), 0.256, 'the scale of a decimal is that of its writer');
  const fixed = { type: 'fixed', name: 'F', size: 2 };
  t.equal(resolved(fixed, { ...cents, ...fixed }, [0xff, 0xff]), -0.01);
  t.equal(resolved({ ...cents, ...fixed }, fixed, [0xff, 0xff]), '//8=');
});

t.test('a time of day has the unit of the reader, and is no instant', async (t) => {
  const millis = { type: 'int', logicalType: 'time-millis' };
  const micros = { type: 'long', logicalType: 'time-micros' };
  const stamp = { type: 'long', logicalType: 'timestamp-millis' };
  const tenMs = [20];
  t.equal(resolved(millis, micros, tenMs), 10_000);
  t.equal(resolved(millis, millis, tenMs), 10);
  t.equal(resolved(millis, 'long', tenMs), 10);
  t.equal(resolved('int', micros, tenMs), 10);
  t.match(resolved(millis, stamp, tenMs), 'the field x has times of day there, and milliseconds here');
  t.match(resolved(stamp, micros, tenMs), 'the field x has milliseconds there, and times of day here');
});
