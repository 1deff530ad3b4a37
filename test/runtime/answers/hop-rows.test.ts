// Rows of a hop's topic come back as they were, in whatever columns are read; what no engine has written is refused.
import fc from 'fast-check';
import t from 'tap';
import { valueAt, type Batch, type Column, type RawBatch } from '../../../src/core/batch.ts';
import { BatchBuilder, SourceColumns } from '../../../src/core/batch-builder.ts';
import { ByteColumn } from '../../../src/core/byte-column.ts';
import { Dictionary, NULL_CODE } from '../../../src/core/dictionary.ts';
import type { Schema } from '../../../src/core/schema.ts';
import { HopRowDecoder } from '../../../src/runtime/answers/hop-row-decoder.ts';
import { hopRows } from '../../../src/runtime/answers/hop-rows.ts';

const NAME = 'a,b\nü%';
const SCHEMA: Schema = {
  at: { kind: 'number', nullable: false },
  amount: { kind: 'number', nullable: true },
  'items[].sku': { kind: 'string[]', nullable: true, nullableItems: true },
  [NAME]: { kind: 'string', nullable: true },
  'items[].price': { kind: 'number[]', nullable: true, nullableItems: true },
  tags: { kind: 'string[]', nullable: true, nullableItems: true },
};

interface Row {
  readonly at: number;
  readonly amount: number;
  readonly text: string | null;
  readonly items: ReadonlyArray<readonly [string | null, number]> | null;
  readonly tags: ReadonlyArray<string | null> | null;
}

const text = fc.option(fc.string({ unit: 'binary', maxLength: 40 }).filter((one) => one.isWellFormed()));
const number = fc.double();
const rowArbitrary: fc.Arbitrary<Row> = fc.record({
  at: fc.integer({ min: 0, max: 2e12 }),
  amount: number,
  text,
  items: fc.option(fc.array(fc.tuple(text, number), { maxLength: 4 })),
  tags: fc.option(fc.array(text, { maxLength: 4 })),
});

function strings(values: ReadonlyArray<string | null>): Column & { kind: 'string' } {
  const dictionary = new Dictionary();
  const codes = Int32Array.from(values, (value) => (value === null ? NULL_CODE : dictionary.encode(value)));
  return { kind: 'string', codes, dictionary };
}

function numbers(values: readonly number[]): Column & { kind: 'number' } {
  return { kind: 'number', values: Float64Array.from(values) };
}

function batchOf(rows: readonly Row[], live: Int32Array): Pick<Batch, 'rows' | 'columns'> {
  const spans = (lengths: ReadonlyArray<number | null>): { starts: Int32Array; ends: Int32Array } => {
    const starts = new Int32Array(lengths.length);
    const ends = new Int32Array(lengths.length);
    let at = 0;
    for (const [row, length] of lengths.entries()) {
      starts[row] = length === null ? -1 : at;
      at += length ?? 0;
      ends[row] = length === null ? -1 : at;
    }
    return { starts, ends };
  };
  const items = spans(rows.map((row) => row.items?.length ?? null));
  const tags = spans(rows.map((row) => row.tags?.length ?? null));
  const flat = rows.flatMap((row) => row.items ?? []);
  return {
    rows: live,
    columns: {
      at: numbers(rows.map((row) => row.at)),
      amount: numbers(rows.map((row) => row.amount)),
      [NAME]: strings(rows.map((row) => row.text)),
      'items[].sku': { kind: 'list', ...items, items: strings(flat.map(([sku]) => sku)) },
      'items[].price': { kind: 'list', ...items, items: numbers(flat.map(([, price]) => price)) },
      tags: { kind: 'list', ...tags, items: strings(rows.flatMap((row) => row.tags ?? [])) },
    },
  };
}

function decoded(schema: Schema, values: ByteColumn): { batch: Batch; faults: number } {
  const { length } = values;
  const raw: RawBatch = {
    origin: { topic: 'hop', partition: 0 },
    count: length,
    offsets: Float64Array.from({ length }, (_, i) => i),
    timestampMs: new Float64Array(length),
    keys: values,
    values,
    offsetNext: length,
    highWatermark: length,
    receivedAtMs: 0,
  };
  const into = new BatchBuilder(new SourceColumns(schema, 'at'), 0, length, false);
  new HopRowDecoder(schema).decode(raw, 0, length, into);
  return { batch: into.batch(raw, length), faults: into.faults.length };
}

function valuesOf({ rows, columns }: Pick<Batch, 'rows' | 'columns'>, names: readonly string[]): unknown[] {
  return [...rows].map((row) => names.map((name) => valueAt(columns[name] as Column, row)));
}

void t.test('property: rows come back as they were, negative zero and infinities included', async () => {
  fc.assert(
    fc.property(
      fc.array(rowArbitrary, { maxLength: 8 }),
      fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
      fc.shuffledSubarray(Object.keys(SCHEMA).slice(1)),
      fc.shuffledSubarray(Object.keys(SCHEMA).slice(1)),
      (rows, isLive, sent, read) => {
        const live = Int32Array.from(rows.keys()).filter((row) => isLive[row]);
        const batch = batchOf(rows, live);
        const written = hopRows(batch as Batch, ['at', ...sent]);
        const schema = Object.fromEntries(
          ['at', ...read].map((name) => [name, SCHEMA[name] as Schema[string]]),
        );
        const back = decoded(schema, written);
        const both = ['at', ...read.filter((name) => sent.includes(name))];
        const lost = read.filter((name) => !sent.includes(name));
        return (
          back.faults === 0 &&
          equal(valuesOf(back.batch, both), valuesOf(batch, both)) &&
          valuesOf(back.batch, lost).every((values) => (values as unknown[]).every(isLost))
        );
      },
    ),
    { numRuns: 1_000 },
  );
});

/** The list of another column may say how many items there were. */
function isLost(value: unknown): boolean {
  return Array.isArray(value) ? value.every((item) => item === null) : value === null;
}

/** Objects that differ in the sign of a zero differ. */
function equal(one: unknown, other: unknown): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return Object.is(one, other);
  return one.length === other.length && one.every((value, i) => equal(value, other[i]));
}

void t.test(
  'property: bytes that no engine has written are refused, and take no other row along',
  async (t) => {
    const rows: Row[] = [
      { at: 1, amount: 2, text: 'x', items: [['s', 1]], tags: ['t'] },
      { at: 2, amount: 3, text: 'y', items: null, tags: [] },
    ];
    const [good, other] = [...hopRows(batchOf(rows, Int32Array.of(0, 1)) as Batch, Object.keys(SCHEMA))];
    fc.assert(
      fc.property(
        fc.nat({ max: 1_000 }),
        fc.integer({ min: 0, max: 255 }),
        fc.boolean(),
        (at, byte, cuts) => {
          const changed = Buffer.from(good as Buffer);
          const bad = cuts ? changed.subarray(0, at % changed.length) : changed;
          if (!cuts) bad[at % bad.length] = byte;
          const { batch } = decoded(SCHEMA, ByteColumn.of([other as Buffer, bad, other as Buffer]));
          const times = [...batch.rows].map((row) => batch.eventTimeMs[row]);
          return times[0] === 2 && times.at(-1) === 2 && (!cuts || times.length === 2);
        },
      ),
      { numRuns: 2_000 },
    );
    t.equal(decoded(SCHEMA, ByteColumn.of([null, good as Buffer])).faults, 1, 'a record without a value');
  },
);
