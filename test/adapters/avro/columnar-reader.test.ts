// The columnar reader against avsc's own decoding, on random records and on damaged bytes.
import type { ScalarColumn } from '../../../src/core/batch.ts';
import assert from 'node:assert/strict';
import type avro from 'avsc';
import fc from 'fast-check';
import t from 'tap';
import { planColumns, schemaOf, type FieldPlan } from '../../../src/adapters/avro/column-plan.ts';
import { parseSchema, type SchemaNode } from '../../../src/adapters/avro/schema-node.ts';
import { parseType } from '../../../src/adapters/avro/subject-schema.ts';
import { ColumnarReader } from '../../../src/adapters/avro/columnar-reader.ts';
import { BatchBuilder, SourceColumns } from '../../../src/core/batch-builder.ts';
import { rawBatchOf } from './raw-batch.ts';

const MUTATED = Number(process.env['MUTATED_RECORDS'] ?? 2_000);
// A million take some minutes.
t.setTimeout(0);

const symbols = ['red', 'green', 'blue'];
const schema = {
  type: 'record',
  name: 'Everything',
  fields: [
    { name: 'colour', type: { type: 'enum', name: 'Colour', symbols } },
    { name: 'text', type: 'string' },
    { name: 'long', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'int', type: 'int' },
    { name: 'double', type: 'double' },
    { name: 'float', type: 'float' },
    { name: 'flag', type: 'boolean' },
    { name: 'nothing', type: 'null' },
    { name: 'nullFirst', type: ['null', 'string'] },
    { name: 'nullLast', type: ['long', 'null'] },
    {
      name: 'inner',
      type: {
        type: 'record',
        name: 'Inner',
        fields: [
          { name: 'x', type: 'double' },
          { name: 'y', type: ['null', 'int'] },
        ],
      },
    },
    { name: 'last', type: 'string' },
  ],
} satisfies avro.Schema;
const nodeOf = (json: avro.Schema): SchemaNode => parseSchema(JSON.stringify(json));
/** With longs as bigints: by itself avsc sums them in a Float64, which beyond 2^52 is off by one, or refuses them. */
const type = parseType(schema, true);
const fields = planColumns(nodeOf(schema), 'everything');
const reader = new ColumnarReader(fields);

/** A row for these fields and an event time. */
function builderOf(plan: readonly FieldPlan[]): BatchBuilder {
  const schema = { ...schemaOf(plan), at: { kind: 'number', nullable: false } } as const;
  const into = new BatchBuilder(new SourceColumns(schema, 'at'), 0, 1, true);
  into.setNumber(plan.length, 0);
  return into;
}

const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const long = fc.maxSafeInteger().map(BigInt);
const text = fc.string({ unit: 'binary', maxLength: 40 });
const record = fc.record({
  colour: fc.constantFrom(...symbols),
  text,
  long,
  int,
  double: fc.double(),
  float: fc.float(),
  flag: fc.boolean(),
  nothing: fc.constant(null),
  nullFirst: fc.option(text),
  nullLast: fc.option(long),
  inner: fc.record({ x: fc.double(), y: fc.option(int) }),
  last: text,
});

/** The record as the reader's columns have it; what is wrong, where it did not decode. */
function read(bytes: Buffer, prefix = 0): Record<string, unknown> | string {
  const into = builderOf(fields);
  const wrong = reader.read(bytes, prefix, bytes.length, into);
  if (wrong !== null) return wrong.message;
  into.accept(0);
  const { columns } = into.batch(rawBatchOf([null]), 1);
  return Object.fromEntries(
    fields.map(({ name }) => {
      const column = columns[name] as ScalarColumn;
      return [name, column.kind === 'number' ? column.values[0] : column.dictionary.decode(column.codes[0]!)];
    }),
  );
}

/** The same from avsc's object. */
function expected(value: unknown): Record<string, unknown> {
  const flat: Record<string, unknown> = {};
  for (const { name, path, spec } of fields) {
    let at: unknown = value;
    for (const part of path) at = (at as Record<string, unknown>)[part];
    flat[name] = spec.kind === 'string' ? (at ?? undefined) : at === null ? Number.NaN : Number(at);
  }
  return flat;
}

/** A number has integers up to 2^53 alone. */
function isSafe(columns: Record<string, unknown>): boolean {
  return [columns['long'], columns['nullLast']].every(
    (value) => !(Math.abs(Number(value)) > Number.MAX_SAFE_INTEGER),
  );
}

t.test('random records decode to what avsc decodes', async (t) => {
  fc.assert(
    fc.property(record, fc.nat({ max: 9 }), (value, prefix) => {
      const bytes = Buffer.concat([Buffer.alloc(prefix, 0xaa), type.toBuffer(value)]);
      assert.deepStrictEqual(read(bytes, prefix), expected(type.fromBuffer(bytes.subarray(prefix))));
    }),
    { numRuns: 500 },
  );
  t.pass('500 records');
});

t.test('every truncation and every trailing byte is malformed', async (t) => {
  fc.assert(
    fc.property(record, (value) => {
      const bytes = type.toBuffer(value);
      for (let length = 0; length < bytes.length; length++) {
        assert.equal(typeof read(bytes.subarray(0, length)), 'string', `${length} of ${bytes.length} bytes`);
      }
      assert.equal(typeof read(Buffer.concat([bytes, Buffer.of(0)])), 'string');
    }),
    { numRuns: 100 },
  );
  t.pass('100 records');
});

t.test('flipped bits: what decodes is what avsc decodes, and what avsc refuses is refused', async (t) => {
  let both = 0;
  let refused = 0;
  fc.assert(
    fc.property(record, fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), (value, flips) => {
      const bytes = type.toBuffer(value);
      for (const flip of flips) {
        const at = (flip >>> 3) % bytes.length;
        bytes[at] = bytes[at]! ^ (1 << (flip & 7));
      }
      const ours = read(bytes);
      let theirs: Record<string, unknown> | null = null;
      try {
        theirs = expected(type.fromBuffer(bytes));
      } catch {
        refused++;
      }
      if (theirs === null) assert.equal(typeof ours, 'string', 'avsc refuses it');
      else if (!isSafe(theirs)) assert.equal(typeof ours, 'string', 'no number has it');
      else if (typeof ours !== 'string') {
        both++;
        assert.deepStrictEqual(ours, theirs);
      }
    }),
    { numRuns: MUTATED },
  );
  t.ok(both > 200 && refused > 200, `both outcomes were met: ${both} decoded, ${refused} refused`);
});

t.test('arbitrary bytes never throw', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      read(Buffer.from(bytes));
    }),
    { numRuns: 2_000 },
  );
  t.pass();
});

t.test('stricter than avsc: integers beyond their range, UTF-8, booleans', async (t) => {
  const one = (field: avro.Schema, bytes: readonly number[]): string | null => {
    const plan = planColumns(
      nodeOf({ type: 'record', name: 'One', fields: [{ name: 'a', type: field }] }),
      'one',
    );
    const fault = new ColumnarReader(plan).read(Buffer.from(bytes), 0, bytes.length, builderOf(plan));
    return fault === null ? null : fault.message;
  };
  const ones = (count: number): number[] => Array.from({ length: count }, () => 0xff);
  t.match(one('long', [...ones(9), 0x01]), 'outside', 'the largest 64-bit integer has no exact number');
  t.match(one('long', [...ones(10), 0x01]), 'outside', 'eleven bytes are no integer');
  t.match(one('int', [...ones(5), 0x01]), 'outside');
  t.equal(one('long', [...ones(7), 0x0f]), null, '-2^52 has one');
  t.equal(one('long', [0xfd, ...ones(6), 0x1f]), null, '1 - 2^53 has one');
  t.match(one('long', [...ones(7), 0x1f]), 'outside', '-2^53 is also what is nearest to -2^53 - 1');
  t.match(one('string', [0x04, 0xc3, 0x28]), 'UTF-8');
  t.match(one('string', [0x01]), 'negative');
  t.match(
    one('string', [0xfe, 0xff, 0xff, 0xff, 0x0f, 0x61]),
    'end within',
    'a huge length allocates nothing',
  );
  t.match(one('boolean', [0x02]), 'boolean');
  t.match(one(['null', 'int'], [0x04, 0x02]), 'branch');
  t.match(one({ type: 'enum', name: 'E', symbols: ['A'] }, [0x02]), 'symbol');
});

t.test('what has no column is refused', async (t) => {
  for (const schema of [{ type: 'record', name: 'R', fields: [] }, 'string'] satisfies avro.Schema[]) {
    t.throws(() => planColumns(nodeOf(schema), 'subject-value'), {
      code: 'SCHEMA_INVALID',
      where: 'subject-value',
    });
  }
});
