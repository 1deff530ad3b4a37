// Records written from columns are, byte by byte, those that avsc writes one by one.
import * as fc from 'fast-check';
import t from 'tap';
import { ColumnarWriter } from '../../../src/adapters/avro/columnar-writer.ts';
import { readSubject, SubjectSchema } from '../../../src/adapters/avro/subject-schema.ts';
import { AvroRecordEncoder } from '../../../src/adapters/avro/records.ts';
import { ProjectSchemas } from '../../../src/adapters/schemas/project-schemas.ts';
import { predictionIdPrefix } from '../../../src/core/blocks.ts';

const SCHEMA_ID = 4_711;

function subjectOf(fields: ReadonlyArray<{ readonly name: string; readonly type: unknown }>): SubjectSchema {
  const schema = { type: 'record', name: 'Made', fields };
  return new SubjectSchema('made-value', JSON.stringify(schema));
}

const text = fc.oneof(
  fc.string({ maxLength: 50 }),
  fc.string({ unit: fc.constantFrom('a', 'ß', '日', '😀', '\u0000', '\u007f', '\u0080'), maxLength: 50 }),
);
// avsc doubles a long before it writes it, and so is not exact beyond this.
const EXACT_MAX = 2 ** 51;
const whole = fc.oneof(
  fc.integer({ min: -EXACT_MAX, max: EXACT_MAX }),
  fc.integer(),
  fc.integer({ min: -70, max: 70 }),
);

t.test('property: as avsc writes them', async () => {
  const subject = subjectOf([
    { name: 'long', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'text', type: 'string' },
    { name: 'int', type: 'int' },
    { name: 'double', type: 'double' },
    { name: 'same', type: 'string' },
    { name: 'float', type: 'float' },
    { name: 'id', type: 'string' },
  ]);
  const writer = new ColumnarWriter(subject, SCHEMA_ID);
  const reference = new AvroRecordEncoder(subject, SCHEMA_ID);
  const row = fc.record({
    long: whole,
    text,
    int: fc.integer(),
    double: fc.double(),
    float: fc.float(),
    number: fc.oneof(fc.maxSafeInteger().map(Math.abs), fc.nat(1_200)),
  });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 30 }), text, text, fc.nat(30), (rows, same, prefix, skip) => {
      const from = Math.min(skip, rows.length);
      const written = writer.encode(
        {
          long: { kind: 'numbers', values: Float64Array.from(rows, ({ long }) => long) },
          text: { kind: 'strings', values: rows.map((row) => row.text) },
          int: { kind: 'numbers', values: Float64Array.from(rows, ({ int }) => int) },
          double: { kind: 'numbers', values: Float64Array.from(rows, ({ double }) => double) },
          same: { kind: 'same', value: same },
          float: { kind: 'numbers', values: Float32Array.from(rows, ({ float }) => float) },
          id: { kind: 'numbered', prefix, values: Float64Array.from(rows, ({ number }) => number) },
        },
        from,
        rows.length,
      );
      if (written.length !== rows.length - from) throw new Error(`${written.length} rows`);
      for (const [i, { number, ...of }] of rows.slice(from).entries()) {
        const right = reference.encode({ ...of, same, id: `${prefix}${number}` });
        if (!written.at(i)?.equals(right))
          throw new Error(`${written.at(i)?.toString('hex')} for ${right.toString('hex')}`);
      }
    }),
    { numRuns: 500, seed: 1 },
  );
});

t.test('the schema of predictions has a column for each field', async (t) => {
  const subject = await readSubject(
    new ProjectSchemas({ registry: { url: null }, schemaFolders: [] }),
    'flights.predictions-value',
  );
  const written = new ColumnarWriter(subject, 1).encode(
    {
      id: {
        kind: 'numbered',
        prefix: predictionIdPrefix({ topic: 'flights', partition: 3 }),
        values: Float64Array.of(12_345),
      },
      key: { kind: 'strings', values: ['EWR'] },
      eventTime: { kind: 'numbers', values: Float64Array.of(1_357_034_400_000) },
      score: { kind: 'numbers', values: Float32Array.of(0.25) },
      version: { kind: 'same', value: 'v1' },
      flags: { kind: 'numbers', values: Uint8Array.of(3) },
    },
    0,
    1,
  );
  t.strictSame(
    { ...(subject.type.fromBuffer((written.at(0) as Buffer).subarray(5)) as object) },
    {
      id: 'flights-3-12345',
      key: 'EWR',
      eventTime: 1_357_034_400_000,
      score: 0.25,
      version: 'v1',
      flags: 3,
    },
  );
});

t.test('a field that cannot be written, and a column that is missing or of another kind', async (t) => {
  for (const type of ['boolean', ['null', 'long'], { type: 'enum', name: 'E', symbols: ['A'] }])
    t.throws(() => new ColumnarWriter(subjectOf([{ name: 'odd', type }]), 1), {
      code: 'SCHEMA_INVALID',
      message: /field odd/,
    });
  const writer = new ColumnarWriter(subjectOf([{ name: 'at', type: 'long' }]), 1);
  const wrong = { code: 'SCHEMA_INVALID', message: /made-value, field at/ };
  t.throws(() => writer.encode({}, 0, 1), wrong);
  t.throws(() => writer.encode({ at: { kind: 'strings', values: ['1'] } }, 0, 1), wrong);
});
