// Writers' schemas from strangers: those that Java accepts are read, and no schema takes more than its records with it.
import t from 'tap';
import { schemaOf } from '../../../src/topology/columns-schema.ts';
import { AvroEventEncoder } from '../../../src/adapters/avro/event-encoder.ts';
import { avroEventDecoder } from '../../../src/adapters/avro/event-decoder.ts';
import { SubjectSchema } from '../../../src/adapters/avro/subject-schema.ts';
import { FRAME_BYTES, writeFrame } from '../../../src/adapters/shared/wire-format.ts';
import { SourceDecoder } from '../../../src/runtime/task/source-decoder.ts';
import type { Schemas, SchemaText } from '../../../src/ports/schemas.ts';
import { enumeration, nullable, timestamp } from '../../../src/core/column-types.ts';
import { avro } from '../../../src/adapters/avro/format.ts';
import { withDeclared } from '../../../src/topology/avro-schema.ts';
import { rawBatchOf } from './raw-batch.ts';

const READER = {
  type: 'record',
  name: 'Event',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'at', type: 'long' },
  ],
};

/** A registry that has these schemas, with the ids 1, 2 and so on. */
function registryOf(texts: readonly SchemaText[]): Schemas {
  return {
    name: 'test',
    read: () => Promise.reject(new Error('not used')),
    idOf: () => Promise.reject(new Error('not used')),
    isSettled: () => true,
    lookUp: () => Promise.resolve(),
    known: (id) => texts[Number(id) - 1],
    refusal: () => undefined,
  };
}

function framed(id: number, ...bytes: readonly number[]): Buffer {
  const record = Buffer.from([...Array.from({ length: FRAME_BYTES }, () => 0), ...bytes]);
  writeFrame(record, id);
  return record;
}

/** Decodes one record of each schema; a good record of the reader's own schema follows it. */
function decode(
  schema: Omit<SchemaText, 'language'> & Partial<SchemaText>,
  ...bytes: readonly number[]
): string {
  const subject = new SubjectSchema('events-value', JSON.stringify(READER));
  const schemas = registryOf([
    { language: 'AVRO', ...schema },
    { language: 'AVRO', text: subject.text },
  ]);
  const decoder = new SourceDecoder(avroEventDecoder(subject, schemas, 'at'), 'at', 'test');
  const raw = rawBatchOf([framed(1, ...bytes), framed(2, 2, 98, 4)]);
  const { batch, faults } = decoder.decode(raw, 0, 2);
  const times = [...batch.eventTimeMs];
  if (times.at(-1) !== 2) throw new Error('the good record was lost');
  const [fault] = faults;
  return fault === undefined ? String(times[0]) : `${fault.code}: ${fault.message}`;
}

const json = (value: unknown): { readonly text: string } => ({ text: JSON.stringify(value) });
const withAll = (fields: readonly unknown[]): { readonly text: string } =>
  json({ ...READER, fields: [...READER.fields, ...fields] });
const withFields = (...fields: readonly unknown[]): { readonly text: string } => withAll(fields);

t.test('what Java accepts and avsc does not is read', async (t) => {
  const accepted: ReadonlyArray<
    readonly [what: string, schema: { readonly text: string }, ...bytes: number[]]
  > = [
    ['a default of the second branch', withFields({ name: 'x', type: ['string', 'null'], default: null }), 2],
    ['an int with a text as its default', withFields({ name: 'x', type: 'int', default: '0' }), 2],
    [
      'a default that is no symbol',
      withFields({ name: 'x', type: { type: 'enum', name: 'E', symbols: ['A'] }, default: 'B' }),
      0,
    ],
    ['a name with dashes', json({ ...READER, name: 'my-event' })],
    ['a field with dashes', withFields({ name: 'x-y', type: 'int' }), 2],
    [
      'a symbol with dashes',
      withFields({ name: 'x', type: { type: 'enum', name: 'E', symbols: ['a-b'] } }),
      0,
    ],
    ['an unknown logical type', withFields({ name: 'x', type: { type: 'int', logicalType: 'nothing' } }), 2],
    [
      'a logical type on another type',
      withFields({ name: 'x', type: { type: 'string', logicalType: 'timestamp-millis' } }),
      0,
    ],
    [
      'a decimal without precision',
      withFields({ name: 'x', type: { type: 'bytes', logicalType: 'decimal' } }),
      0,
    ],
    [
      'the same definition twice',
      withFields(
        { name: 'x', type: { type: 'fixed', name: 'F', size: 1 } },
        { name: 'y', type: { type: 'fixed', name: 'F', size: 1 } },
      ),
      0,
      0,
    ],
    ['a record that contains itself', withFields({ name: 'x', type: ['null', 'Event'] }), 0],
    ['an error type', json({ ...READER, type: 'error' })],
    ['a type within a type', withFields({ name: 'x', type: { type: { type: 'int' } } }), 2],
    [
      'a name with its namespace',
      withFields(
        { name: 'x', type: { type: 'fixed', name: 'a.b.F', size: 1 } },
        { name: 'y', type: 'a.b.F' },
      ),
      0,
      0,
    ],
    [
      'a million characters of documentation',
      withFields({ name: 'x', type: 'int', doc: 'd'.repeat(1_000_000) }),
      2,
    ],
  ];
  for (const [what, schema, ...rest] of accepted) t.equal(decode(schema, 2, 97, 20, ...rest), '10', what);
});

t.test('a schema with references is read by them', async (t) => {
  const card = json({
    type: 'record',
    name: 'Card',
    namespace: 'x',
    fields: [{ name: 'of', type: 'x.Kind' }],
  }).text;
  const kind = json({ type: 'enum', name: 'Kind', namespace: 'x', symbols: ['A', 'B'] }).text;
  const writer = withFields({ name: 'card', type: 'x.Card' });
  t.equal(decode({ ...writer, references: [kind, card] }, 2, 97, 20, 2), '10');
  t.match(
    decode(writer, 2, 97, 20, 2),
    /SCHEMA_INVALID: schema id 1 .* refers to x\.Card, which is not defined/,
  );
});

t.test('no schema throws or takes long: its records are set aside', async (t) => {
  const deep = (open: string, close: string, levels: number): { readonly text: string } => ({
    text: open.repeat(levels) + '"int"' + close.repeat(levels),
  });
  const fields = Array.from({ length: 200_000 }, (_, i) => ({ name: `f${i}`, type: 'int' }));
  const refused: ReadonlyArray<readonly [what: string, schema: Parameters<typeof decode>[0]]> = [
    ['200,000 fields', withAll(fields)],
    ['40,000 short fields', withAll(fields.slice(0, 40_000))],
    ['arrays 100,000 levels deep', deep('{"type":"array","items":', '}', 100_000)],
    ['unions 100,000 levels deep', deep('[', ']', 100_000)],
    ['types 1,000 levels deep', deep('{"type":', '}', 1_000)],
    ['Protobuf', { language: 'PROTOBUF', text: 'syntax = "proto3"; message A {}' }],
    ['JSON Schema', { language: 'JSON', text: '{"type":"object"}' }],
    ['no JSON', { text: '<html>' }],
    ['nothing', { text: '' }],
    ['null', { text: 'null' }],
    ['a number', { text: '5' }],
    ['an unknown type', withFields({ name: 'x', type: 'nothing' })],
    ['no fields', json({ type: 'record', name: 'Event' })],
    ['a field without a type', withFields({ name: 'x' })],
    ['a field without a name', withFields({ type: 'int' })],
    ['two fields of a name', withFields({ name: 'id', type: 'int' })],
    [
      'two definitions of a name',
      withFields(
        { name: 'x', type: { type: 'fixed', name: 'F', size: 1 } },
        { name: 'y', type: { type: 'fixed', name: 'F', size: 2 } },
      ),
    ],
    ['a fixed of a negative size', withFields({ name: 'x', type: { type: 'fixed', name: 'F', size: -1 } })],
    ['symbols that are no text', withFields({ name: 'x', type: { type: 'enum', name: 'E', symbols: [1] } })],
    ['a prototype as a name', withFields({ name: 'x', type: '__proto__' })],
  ];
  for (const [what, schema] of refused) {
    const startedMs = performance.now();
    t.match(decode(schema, 2, 97, 20, 2), /^SCHEMA_INVALID: schema id 1/, what);
    t.ok(performance.now() - startedMs < 5_000, what);
  }
});

t.test("a topology's own schema that avsc refuses reads and writes events", async (t) => {
  const fields = [...READER.fields, { name: 'x', type: ['string', 'null'], default: null }];
  const subject = new SubjectSchema('events-value', JSON.stringify({ ...READER, fields }));
  const schemas = registryOf([{ language: 'AVRO', text: subject.text }]);
  const encoder = new AvroEventEncoder(subject, 1, 'at');
  const raw = rawBatchOf([encoder.encode({ id: 'a', at: 5 }), encoder.encode({ id: 'b', at: 6, x: 'y' })]);
  const decoder = new SourceDecoder(avroEventDecoder(subject, schemas, 'at'), 'at', 'test');
  t.strictSame([...decoder.decode(raw, 0, 2).batch.eventTimeMs], [5, 6]);
});

t.test('an enum of declared columns is read whatever its writer calls it', async (t) => {
  const source = {
    topic: 'events',
    eventTime: 'at',
    schema: {
      kind: enumeration(['a', 'b']),
      before: nullable(enumeration(['c', 'd'])),
      at: timestamp,
    },
  };
  const kind = { type: 'enum', name: 'Kind', symbols: ['b', 'a', 'new'] };
  const before = { type: 'enum', name: 'x.Before', symbols: ['d', 'c'] };
  const withName = (fields: readonly unknown[]): SchemaText => ({
    language: 'AVRO',
    ...json({ type: 'record', name: 'Sale', fields: [...fields, { name: 'at', type: 'long' }] }),
  });
  const schemas = withDeclared(
    registryOf([
      withName([
        { name: 'kind', type: kind },
        { name: 'before', type: ['null', before] },
      ]),
      withName([
        { name: 'kind', type: kind },
        { name: 'before', type: before },
      ]),
    ]),
    source,
  );
  const decoder = await avro().decoder({
    schemas,
    topic: 'events',
    columns: schemaOf(source.schema),
    declared: source.schema,
    subject: 'events-value',
    eventTime: 'at',
  });
  const raw = rawBatchOf([framed(1, 2, 2, 0, 2), framed(2, 0, 2, 4), framed(2, 4, 2, 6)]);
  const { batch, faults } = new SourceDecoder(decoder, 'at', 'test').decode(raw, 0, 3);
  const texts = ['kind', 'before'].map((name) => {
    const column = batch.columns[name];
    return (
      column?.kind === 'string' && [...column.codes].slice(0, 2).map((code) => column.dictionary.decode(code))
    );
  });
  t.strictSame(texts, [
    ['a', 'b'],
    ['d', 'c'],
  ]);
  t.match(faults, [{ code: 'SCHEMA_INVALID', message: /the field kind has no symbol new/ }]);
});
