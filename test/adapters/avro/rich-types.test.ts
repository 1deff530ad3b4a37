// The columns of a schema file with every Avro type, and their defaults.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { planColumns } from '../../../src/adapters/avro/column-plan.ts';
import { resolve } from '../../../src/adapters/avro/resolution.ts';
import { ResolvingReader } from '../../../src/adapters/avro/resolving-reader.ts';
import { parseSchema } from '../../../src/adapters/avro/schema-node.ts';
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
