// Records of other schemas than the topology's, against Apache Avro's Java reader: which values they get, and which fail.
import type { ScalarColumn } from '../../../src/core/batch.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { planColumns, schemaOf, type FieldPlan } from '../../../src/adapters/avro/column-plan.ts';
import { ColumnarReader } from '../../../src/adapters/avro/columnar-reader.ts';
import type { RowReader } from '../../../src/adapters/shared/row-reader.ts';
import { resolve } from '../../../src/adapters/avro/resolution.ts';
import { ResolvingReader } from '../../../src/adapters/avro/resolving-reader.ts';
import { isSameLayout } from '../../../src/adapters/avro/same-layout.ts';
import { parseSchema } from '../../../src/adapters/avro/schema-node.ts';
import { BatchBuilder, SourceColumns } from '../../../src/core/batch-builder.ts';
import { rawBatchOf } from './raw-batch.ts';

type Columns = Readonly<Record<string, number | string | null>>;

/** Each row: the writer's schema, the reader's, and records as hexadecimal with their columns; false: it fails. */
interface Vectors {
  readonly cases: ReadonlyArray<
    readonly [
      writer: unknown,
      reader: unknown,
      ReadonlyArray<readonly [bytes: string, columns: Columns | false]>,
    ]
  >;
}

const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../vectors/avro-resolution.json'), 'utf8'),
) as Vectors;

function read(reader: RowReader, fields: readonly FieldPlan[], bytes: Buffer): Columns | string {
  const schema = { ...schemaOf(fields), eventTime: { kind: 'number', nullable: false } } as const;
  const into = new BatchBuilder(new SourceColumns(schema, 'eventTime'), 0, 1, true);
  into.setNumber(fields.length, 0);
  const fault = reader.read(bytes, 0, bytes.length, into);
  if (fault !== null) return `${fault.code}: ${fault.message}`;
  into.accept(0);
  const { columns } = into.batch(rawBatchOf([null]), 1);
  return Object.fromEntries(
    fields.map(({ name }) => {
      const column = columns[name] as ScalarColumn | undefined;
      if (column?.kind === 'number')
        return [name, Number.isNaN(column.values[0]) ? null : (column.values[0] ?? null)];
      return [name, column?.dictionary.decode(column.codes[0] as number) ?? null];
    }),
  );
}

/** Infinities are text in JSON. */
function expected(columns: Columns): Columns {
  return Object.fromEntries(
    Object.entries(columns).map(([name, value]) => [
      name,
      value === 'Infinity' || value === '-Infinity' ? Number(value) : value,
    ]),
  );
}

function open(writerJson: unknown, readerJson: unknown): { readers: RowReader[]; fields: FieldPlan[] } {
  const reader = parseSchema(JSON.stringify(readerJson));
  const writer = parseSchema(JSON.stringify(writerJson));
  const fields = planColumns(reader, 'test');
  const readers: RowReader[] = [
    new ResolvingReader(resolve(writer, { node: reader, fields }, 'schema id 1')),
  ];
  if (isSameLayout(writer, reader)) readers.push(new ColumnarReader(fields));
  return { readers, fields };
}

t.test('every record of the vectors has the columns that Java gives it, or fails as there', async (t) => {
  let decoded = 0;
  let failed = 0;
  let same = 0;
  for (const [writer, reader, records] of vectors.cases) {
    const { readers, fields } = open(writer, reader);
    if (readers.length > 1) same += 1;
    for (const one of readers) {
      for (const [hex, columns] of records) {
        const got = read(one, fields, Buffer.from(hex, 'hex'));
        const what = `${JSON.stringify(writer)} by ${JSON.stringify(reader)}: ${hex}`;
        if (columns === false) {
          if (typeof got !== 'string' || !got.startsWith('SCHEMA_INVALID: schema id 1'))
            t.fail(what, { got });
          failed += 1;
        } else {
          if (JSON.stringify(got) !== JSON.stringify(expected(columns))) t.fail(what, { got, columns });
          decoded += 1;
        }
      }
    }
  }
  t.ok(
    decoded > 800 && failed > 800 && same > 10,
    `${decoded} decoded, ${failed} failed, ${same} without resolving`,
  );
});

const NESTED = {
  type: 'record',
  name: 'R',
  fields: [
    { name: 'tags', type: { type: 'array', items: 'string' } },
    { name: 'nothing', type: { type: 'array', items: 'null' } },
    { name: 'map', type: { type: 'map', values: ['null', 'long'] } },
    {
      name: 'list',
      type: ['null', { type: 'record', name: 'List', fields: [{ name: 'next', type: ['null', 'List'] }] }],
    },
    { name: 'i', type: 'int' },
  ],
};
const ONE = { type: 'record', name: 'R', fields: [{ name: 'i', type: 'long' }] };

t.test('what takes no bytes takes no time, however much of it a schema makes', async (t) => {
  const doubled = (level: number): unknown => ({
    type: 'record',
    name: `L${level}`,
    fields:
      level === 40
        ? []
        : [
            { name: 'a', type: doubled(level + 1) },
            { name: 'b', type: `L${level + 1}` },
          ],
  });
  const nulls = Array.from({ length: 20_000 }, (_, i) => ({ name: `n${i}`, type: 'null' }));
  const items = { type: 'record', name: 'Wide', fields: [...nulls, { name: 'b', type: 'boolean' }] };
  const fieldsOf = (type: unknown): unknown[] => [
    { name: 'x', type },
    { name: 'i', type: 'int' },
  ];
  const deep = open({ type: 'record', name: 'W', fields: fieldsOf(doubled(0)) }, ONE);
  t.strictSame(read(deep.readers[0] as RowReader, deep.fields, Buffer.from([14])), { i: 7 });
  const wide = open({ type: 'record', name: 'W', fields: fieldsOf({ type: 'array', items }) }, ONE);
  // A block of a million, whose booleans follow.
  const bytes = Buffer.concat([
    Buffer.from([0x80, 0x89, 0x7a]),
    Buffer.alloc(1_000_000),
    Buffer.from([0, 14]),
  ]);
  t.strictSame(read(wide.readers[0] as RowReader, wide.fields, bytes), { i: 7 });
});

t.test('what is skipped: blocks with sizes, huge counts, lists without end', async (t) => {
  const { readers, fields } = open(NESTED, ONE);
  const readBytes = (...bytes: readonly number[]): Columns | string =>
    read(readers[0] as RowReader, fields, Buffer.from(bytes));
  const huge = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f];
  t.strictSame(readBytes(0, 0, 0, 0, 14), { i: 7 });
  t.strictSame(readBytes(2, 2, 97, 0, 0, 0, 0, 14), { i: 7 }, 'a block of one');
  t.strictSame(readBytes(1, 4, 2, 97, 0, 0, 0, 0, 14), { i: 7 }, 'a block of one with its size');
  t.strictSame(
    readBytes(0, ...huge, 0, 0, 0, 14),
    { i: 7 },
    'any number of nulls takes no bytes, and no time',
  );
  t.strictSame(readBytes(0, 0, 2, 2, 97, 2, 9, 0, 0, 14), { i: 7 }, 'a map of one');
  t.match(readBytes(...huge, 2, 97, 0, 0, 0, 0, 14), /EVENT_MALFORMED: the bytes end/);
  t.match(readBytes(0, 0, ...huge, 2, 97), /EVENT_MALFORMED: the bytes end/);
  t.match(
    readBytes(1, 3, 0, 0, 0, 0, 14),
    /EVENT_MALFORMED: a string has a negative length/,
    'a size below zero',
  );
  t.match(readBytes(3, 0x40, 0, 0, 0, 14), /EVENT_MALFORMED: the bytes end/, 'a size beyond the end');
  t.match(readBytes(3, 99, 0, 0, 0, 14), /EVENT_MALFORMED/);
  t.match(readBytes(0, 0, 0, 4, 14), /EVENT_MALFORMED: a union names a branch/);
  t.match(readBytes(0, 0, 0, 1, 14), /EVENT_MALFORMED: a union names a branch/, 'a branch below zero');
  t.match(readBytes(0, 0, 0, 0, 14, 0), /EVENT_MALFORMED: bytes are left/);
  t.match(
    readBytes(0, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0xff, 1),
    /EVENT_MALFORMED: an integer is outside/,
    '33 bits',
  );
  const levels = (count: number): number[] => [0, 0, 0, ...Array.from({ length: count }, () => 2), 0, 14];
  t.strictSame(readBytes(...levels(300)), { i: 7 });
  const deep = read(readers[0] as RowReader, fields, Buffer.from(levels(1_000_000)));
  t.match(deep, /EVENT_MALFORMED: a value is nested too deeply/);
});

t.test('arbitrary and damaged bytes never throw, and are never read past their end', async (t) => {
  const { readers, fields } = open(NESTED, ONE);
  const good = [2, 2, 97, 0, 4, 0, 2, 2, 97, 2, 9, 0, 2, 2, 0, 14];
  t.strictSame(read(readers[0] as RowReader, fields, Buffer.from(good)), { i: 7 });
  for (let length = 0; length < good.length; length++)
    t.match(read(readers[0] as RowReader, fields, Buffer.from(good.slice(0, length))), /EVENT_MALFORMED/);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      read(readers[0] as RowReader, fields, Buffer.from(bytes));
    }),
    { numRuns: 3_000 },
  );
});
