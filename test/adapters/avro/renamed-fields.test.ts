// A producer renames fields, and keeps the old names as aliases, while a topology reads its topic.
import t from 'tap';
import { valueAt } from '../../../src/core/batch.ts';
import { avro } from '../../../src/adapters/avro/format.ts';
import { double, nullable, string, timestamp } from '../../../src/core/column-types.ts';
import type { Columns } from '../../../src/core/columns.ts';
import { SourceDecoder } from '../../../src/runtime/task/source-decoder.ts';
import { withDeclared } from '../../../src/topology/avro-schema.ts';
import { schemaOf } from '../../../src/topology/columns-schema.ts';
import { framedBy, registryOf } from '../../support/connect-avro.ts';
import { rawBatchOf } from './raw-batch.ts';

interface Field {
  readonly name: string;
  readonly type: unknown;
  readonly aliases?: readonly string[];
}

function recordOf(name: string, fields: readonly Field[]): object {
  return { type: 'record', name, fields };
}

/** Rows of records of schemas that are registered while the decoder is open, and faults. */
async function read(
  declared: Columns,
  steps: ReadonlyArray<readonly [schema: object, value: object]>,
): Promise<unknown[]> {
  const schemas = new Map<number, object>();
  const source = { topic: 'payments', eventTime: 'at', schema: declared };
  const decoder = new SourceDecoder(
    await avro().decoder({
      ...source,
      subject: 'payments-value',
      columns: schemaOf(declared),
      declared,
      schemas: withDeclared(registryOf(schemas), source),
    }),
    'at',
    'test',
  );
  const found: unknown[] = [];
  for (const [i, [schema, value]] of steps.entries()) {
    schemas.set(i + 1, schema);
    const raw = rawBatchOf([framedBy(schema, i + 1)(value)]);
    await decoder.prepare(raw);
    const { batch, faults } = decoder.decode(raw, 0, 1);
    if (batch.size > 0)
      found.push(Object.keys(declared).map((name) => valueAt(batch.columns[name] as never, 0) ?? null));
    found.push(...faults.map(({ message }) => message));
  }
  return found;
}

const at: Field = { name: 'at', type: 'long' };

t.test('a column is found by the alias of a field that was renamed', async (t) => {
  const amount = { name: 'amount', type: 'double' };
  const renamed = { name: 'amount_eur', type: 'double', aliases: ['value', 'amount'] };
  const inRecord = (field: Field): Field => ({ name: 'payment', type: recordOf('Payment', [field]) });
  t.same(
    await read({ amount: double, 'payment.amount': nullable(double), at: timestamp }, [
      [recordOf('P', [at, amount, inRecord(amount)]), { at: 1, amount: 1, payment: { amount: 2 } }],
      [recordOf('P', [at, renamed, inRecord(renamed)]), { at: 2, amount_eur: 3, payment: { amount_eur: 4 } }],
    ]),
    [
      [1, 2, 1],
      [3, 4, 2],
    ],
  );
});

t.test(
  'a field of the name comes before an alias, and the first of two aliases before the second',
  async (t) => {
    const renamed = (name: string): Field => ({ name, type: 'string', aliases: ['card'] });
    const card = { name: 'card', type: 'string' };
    t.same(
      await read({ card: string, at: timestamp }, [
        [recordOf('P', [at, renamed('pan'), card]), { at: 1, pan: 'x', card: 'a' }],
        [recordOf('P', [at, renamed('pan'), renamed('iban')]), { at: 2, pan: 'b', iban: 'x' }],
        [recordOf('P', [at, { name: 'pan', type: 'string' }]), { at: 3, pan: 'x' }],
      ]),
      [
        ['a', 1],
        ['b', 2],
        "schema id 3 cannot be read by the topology's: it has no field card, which is required",
      ],
    );
  },
);

t.test('a column of the new name has that field, and nothing of the old one', async (t) => {
  const renamed = { name: 'amount_eur', type: 'double', aliases: ['amount'] };
  t.same(
    await read({ amount: nullable(double), amount_eur: double, at: timestamp }, [
      [recordOf('P', [at, renamed]), { at: 1, amount_eur: 5 }],
    ]),
    [[null, 5, 1]],
  );
});
