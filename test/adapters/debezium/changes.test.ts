// Changes of a table in JSON and in Avro: rows after and before, deletes, tombstones, and what is no envelope.
import type { ScalarColumn } from '../../../src/core/batch.ts';
import avsc from 'avsc';
import t from 'tap';
import { avro } from '../../../src/adapters/avro/format.ts';
import { debezium, type DebeziumOptions } from '../../../src/adapters/debezium/format.ts';
import { json } from '../../../src/adapters/json/format.ts';
import { writeFrame } from '../../../src/adapters/shared/wire-format.ts';
import { bytes, int64, long, nullable, scaled, string, timestamp } from '../../../src/core/column-types.ts';
import type { Columns } from '../../../src/core/columns.ts';
import type { Format } from '../../../src/ports/format.ts';
import type { Schemas } from '../../../src/ports/schemas.ts';
import { SourceDecoder } from '../../../src/runtime/task/source-decoder.ts';
import { withDeclared } from '../../../src/topology/avro-schema.ts';
import { schemaOf } from '../../../src/topology/columns-schema.ts';
import { rawBatchOf } from '../avro/raw-batch.ts';

const columns = {
  id: int64,
  total: scaled(2),
  note: nullable(string),
  'before.total': nullable(scaled(2)),
  op: string,
  'source.ts_ms': timestamp,
};

const value = {
  type: 'record',
  name: 'Value',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'total', type: { type: 'bytes', logicalType: 'decimal', precision: 10, scale: 2 } },
    { name: 'note', type: ['null', 'string'], default: null },
  ],
};
const envelope = {
  type: 'record',
  name: 'Envelope',
  fields: [
    { name: 'before', type: ['null', value], default: null },
    { name: 'after', type: ['null', 'Value'], default: null },
    { name: 'source', type: { type: 'record', name: 'Source', fields: [{ name: 'ts_ms', type: 'long' }] } },
    { name: 'op', type: 'string' },
    { name: 'ts_ms', type: ['null', 'long'] },
  ],
};
const type = avsc.Type.forSchema(envelope as avsc.Schema);

const registry: Schemas = {
  name: 'test',
  read: () => Promise.reject(new Error('not used')),
  idOf: () => Promise.reject(new Error('not used')),
  isSettled: () => true,
  lookUp: () => Promise.resolve(),
  known: () => ({ language: 'AVRO', text: JSON.stringify(envelope) }),
  refusal: () => undefined,
};

interface Row {
  readonly id: number;
  readonly total: string;
  readonly note: string | null;
}
interface Change {
  readonly before: Row | null;
  readonly after: Row | null;
  readonly op: string;
  readonly at: number;
}

const jsonOf = ({ at, ...change }: Change): object => ({ ...change, source: { ts_ms: at }, ts_ms: at + 1 });
const inJson = (change: Change): Buffer => Buffer.from(JSON.stringify(jsonOf(change)));
const withSchema = (change: Change): Buffer =>
  Buffer.from(JSON.stringify({ schema: { type: 'struct' }, payload: jsonOf(change) }));

function inAvro({ before, after, op, at }: Change): Buffer {
  const rowOf = (row: Row | null): object | null =>
    row && { ...row, total: Buffer.from((Number(row.total) * 100).toString(16).padStart(6, '0'), 'hex') };
  const bytes = type.toBuffer({
    before: rowOf(before),
    after: rowOf(after),
    source: { ts_ms: at },
    op,
    ts_ms: at,
  });
  const record = Buffer.concat([Buffer.alloc(5), bytes]);
  writeFrame(record, 1);
  return record;
}

async function open(
  format: Format,
  options: DebeziumOptions = {},
  declared: Columns = columns,
): Promise<SourceDecoder> {
  const source = { topic: 'orders', eventTime: 'source.ts_ms', schema: declared };
  const decoder = await debezium(format, options).decoder({
    ...source,
    subject: 'orders-value',
    columns: schemaOf(declared),
    declared,
    schemas: withDeclared(registry, source),
  });
  return new SourceDecoder(decoder, 'source.ts_ms', 'test');
}

async function decode(decoder: SourceDecoder, records: ReadonlyArray<Buffer | null>): Promise<object> {
  const raw = rawBatchOf(records);
  await decoder.prepare(raw);
  const { batch, faults, skipped } = decoder.decode(raw, 0, records.length);
  const rows = Array.from({ length: batch.size }, (_, row) =>
    Object.values(batch.columns as Record<string, ScalarColumn>).map((column) =>
      column.kind === 'string' ? (column.dictionary.decode(column.codes[row]!) ?? null) : column.values[row]!,
    ),
  );
  return { rows, skipped, faults: faults.map(({ index, message }) => `${index}: ${message}`) };
}

const row = (total: string, note: string | null = null): Row => ({ id: 7, total, note });
const changes: readonly Change[] = [
  { before: null, after: row('1.50'), op: 'r', at: 1 },
  { before: null, after: row('2.50', 'x'), op: 'c', at: 2 },
  { before: row('2.50', 'x'), after: row('3'), op: 'u', at: 3 },
  { before: row('3', 'y'), after: null, op: 'd', at: 4 },
  { before: null, after: null, op: 't', at: 5 },
];
const events = [
  ['7', 150, null, Number.NaN, 'r', 1],
  ['7', 250, 'x', Number.NaN, 'c', 2],
  ['7', 300, null, 250, 'u', 3],
];

for (const [name, format, encode] of [
  ['JSON', json(), inJson],
  ['JSON with its schema', json(), withSchema],
  ['Avro', avro(), inAvro],
] as const) {
  t.test(`changes in ${name}`, async (t) => {
    const records = [...changes.map(encode), null];
    t.strictSame(await decode(await open(format), records), { rows: events, skipped: 3, faults: [] });
    const withDeletes = await open(format, { deletes: 'event', snapshot: 'skip' });
    t.strictSame(await decode(withDeletes, records), {
      rows: [...events.slice(1), ['7', 300, 'y', 300, 'd', 4]],
      skipped: 3,
      faults: [],
    });
  });
}

t.test('both forms of JSON in one topic', async (t) => {
  const decoder = await open(json());
  const [, create, update] = changes as readonly [Change, Change, Change];
  const records = [inJson(create), withSchema(update), inJson(create), inJson(update), withSchema(create)];
  const rows = [events[1], events[2], events[1], events[2], events[1]];
  t.strictSame(await decode(decoder, records), { rows, skipped: 0, faults: [] });
  t.strictSame(await decode(decoder, records), { rows, skipped: 0, faults: [] }, 'begun in the other form');
});

t.test('what is no change, or lacks a column, is a dead letter', async (t) => {
  const decoder = await open(json(), { deletes: 'event' });
  const [, create] = changes as readonly [Change, Change];
  const keyOnly = { before: { id: 7 } as Row, after: null, op: 'd', at: 4 };
  const records = [
    Buffer.from('{"id": 7}'),
    inJson({ ...create, op: 'x' }),
    inJson({ ...create, op: 'create' }),
    inJson(keyOnly),
    inJson({ ...create, after: null }),
    Buffer.from('{'),
    inJson(create),
  ];
  t.strictSame(await decode(decoder, records), {
    rows: [events[1]],
    skipped: 0,
    faults: [
      "0: the record is no change of Debezium's: it has no operation 'op'",
      "1: the operation 'op' is none of c, u, d, r, t and m",
      "2: the operation 'op' is none of c, u, d, r, t and m",
      "3: 'total' is null or missing",
      "4: 'id' is null or missing",
      '5: the text ends too early, at byte 1',
    ],
  });
});

for (const [name, format, encode] of [
  ['JSON', json(), inJson],
  ['Avro', avro(), inAvro],
] as const) {
  t.test(`a large value that the connector did not get is null in ${name}`, async (t) => {
    const [, create] = changes as readonly [Change, Change];
    const unknown = { ...create, op: 'u', after: row('2.50', '__debezium_unavailable_value') };
    const other = { ...create, after: row('2.50', '__debezium_unavailable_valuf') };
    const records = [unknown, other, create].map(encode);
    const [, known] = events;
    t.strictSame(await decode(await open(format), records), {
      rows: [
        ['7', 250, null, Number.NaN, 'u', 2],
        ['7', 250, '__debezium_unavailable_valuf', Number.NaN, 'c', 2],
        known,
      ],
      skipped: 0,
      faults: [],
    });
    const required = await open(format, {}, { ...columns, note: string });
    t.match(await decode(required, records), {
      rows: [{}, {}],
      faults: [
        "0: 'note' is a large value that the connector did not get: declare it nullable, or give the table REPLICA IDENTITY FULL",
      ],
    });
  });
}

t.test('bytes that the connector did not get are null', async (t) => {
  const declared = { id: int64, blob: nullable(bytes), 'source.ts_ms': timestamp };
  const change = (blob: string): Buffer =>
    Buffer.from(JSON.stringify({ after: { id: 1, blob }, op: 'u', source: { ts_ms: 1 } }));
  const records = [Buffer.from('__debezium_unavailable_value').toString('base64'), 'AQ=='].map(change);
  t.match(await decode(await open(json(), {}, declared), records), {
    rows: [
      ['1', null],
      ['1', 'AQ=='],
    ],
    faults: [],
  });
});

t.test('the operation is known without a column of it', async (t) => {
  const { op, ...others } = columns;
  t.equal(op.type, 'string');
  const found = await decode(await open(json(), {}, others), changes.map(inJson));
  t.match(found, { skipped: 2, rows: [{ 0: '7' }, {}, {}] });
});

t.test('columns and options that make no sense are refused', async (t) => {
  const refused = (declared: Columns, message: RegExp): Promise<unknown> =>
    t.rejects(open(json(), {}, declared), { code: 'SCHEMA_INVALID', message });
  await refused({ ...columns, 'after.id': int64 }, /two columns are of after\.id/);
  await refused({ ...columns, op: long }, /'op' is a string/);
  const made =
    (options: unknown, format: unknown = json()) =>
    (): unknown =>
      debezium(format as Format, options as DebeziumOptions);
  const invalid = (message: RegExp): { code: string; message: RegExp } => ({
    code: 'TOPOLOGY_INVALID',
    message,
  });
  t.throws(made({}, 'json'), invalid(/use json/));
  t.throws(made({ deletes: 'drop' }), invalid(/deletes: 'drop'/));
  t.throws(made({ delets: 'skip' }), invalid(/did you mean 'deletes'/));
});
