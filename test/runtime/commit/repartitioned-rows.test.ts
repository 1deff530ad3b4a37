// Rows are written with the epoch that they belong to, unchanged, and only if an earlier run has not committed them.
import fc from 'fast-check';
import t from 'tap';
import { textColumn } from '../../../src/core/text-bytes.ts';
import { partitionOf } from '../../../src/core/murmur2.ts';
import { KeyBytes, type RowKeys } from '../../../src/operators/key-bytes.ts';
import type { LogRecord, RecordBlock } from '../../../src/ports/event-log.ts';
import { EpochOutputs } from '../../../src/runtime/commit/epoch-outputs.ts';
import { RepartitionedRows } from '../../../src/runtime/commit/repartitioned-rows.ts';
import type { RunTotals } from '../../../src/runtime/task/run-stats.ts';
import { defineTopology, repartition, watermarks } from '../../../src/index.ts';
import { FakeTelemetry, RowBatches } from '../../../src/testing/index.ts';
import { topicsOf } from '../../../src/topology/topics.ts';
import { Sinks } from '../../../src/runtime/commit/sinks.ts';

const schema = { id: { kind: 'string', nullable: true }, at: { kind: 'number', nullable: true } } as const;

/** Batches with one row per offset, of which every third was dropped by an earlier stage. */
function batchesOf(sizes: readonly number[]): ReturnType<RowBatches['next']>[] {
  const batches = new RowBatches(schema, 'at', { topic: 'orders', partition: 7 });
  let next = 0;
  return sizes.map((size) => {
    const batch = batches.next(Array.from({ length: size }, () => ({ id: `k${next % 2}`, at: next++ })));
    return { ...batch, rows: batch.rows.filter((row) => (batch.offsets[row] as number) % 3 !== 0) };
  });
}

const PARTITIONS = 3;
const byNumber = (a: number, b: number): number => a - b;

/** One key per row. */
function keysOf(texts: readonly string[], partitions = 1): RowKeys {
  const bytes = new KeyBytes(partitions);
  const known = [...new Set(texts)];
  for (const text of known) bytes.add(text);
  return bytes.of(Int32Array.from(texts, (text) => known.indexOf(text)));
}

/** The watermark at each row: its event time, as they come in the order of time. */
function timesOf({ rows, eventTimeMs }: ReturnType<RowBatches['next']>): Float64Array {
  return Float64Array.from(rows, (row) => eventTimeMs[row] as number);
}

/** A block's rows, as records. */
function recordsOf({ partition, timestampMs, keys, values, header }: RecordBlock): unknown[] {
  return Array.from(timestampMs, (at, row) => ({
    partition,
    timestampMs: at,
    key: String(keys.at(row)),
    value: String(values.at(row)),
    [header?.name ?? '']: String(header?.values.at(row)),
  }));
}

t.test('with barriers before, within or after the rows of a batch', async (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 8 }),
      fc.array(fc.nat(3), { minLength: 8, maxLength: 8 }),
      fc.nat(20),
      (sizes, back, committedBelow) => {
        const rows = new RepartitionedRows(committedBelow);
        const epochs: Array<{ readonly until: number; readonly offsets: number[] }> = [];
        let end = 0;
        let until = 0;
        let added = 0;
        const close = (at: number): void => {
          until = Math.max(until, at);
          const blocks = rows.take(until, Number.POSITIVE_INFINITY, () => t.fail('no record is too large'));
          for (const { partition, timestampMs, keys } of blocks) {
            t.strictSame(
              [...timestampMs],
              [...timestampMs].toSorted(byNumber),
              'in order within a partition',
            );
            for (const key of keys) t.equal(partitionOf(key ?? Buffer.alloc(0), PARTITIONS), partition);
          }
          // The blocks of a batch are grouped by partition.
          const offsets = blocks.flatMap(({ timestampMs }) => [...timestampMs]).toSorted(byNumber);
          epochs.push({ until, offsets });
        };
        for (const [i, batch] of batchesOf(sizes).entries()) {
          const texts = Array.from(batch.rows, (row) => `k${(batch.offsets[row] as number) % 5}`);
          added += rows.add(batch, keysOf(texts, PARTITIONS), timesOf(batch));
          end = batch.offsetNext;
          if (back[i] !== 3) close(end - (back[i] as number));
        }
        close(end);
        const wanted = Array.from({ length: end }, (_, offset) => offset).filter(
          (offset) => offset % 3 !== 0 && offset >= committedBelow,
        );
        t.strictSame(
          epochs.flatMap(({ offsets }) => offsets),
          wanted,
          'each row once',
        );
        t.equal(added, wanted.length);
        let from = 0;
        for (const { until, offsets } of epochs) {
          t.ok(
            offsets.every((offset) => offset >= from && offset < until),
            'rows are in their own epoch',
          );
          from = until;
        }
        if (!t.passing()) throw new Error('see above');
      },
    ),
    { numRuns: 200, seed: 1 },
  );
});

t.test(
  'a repartitioned record has the key, the bytes, the time and the source position of the event',
  async (t) => {
    const topology = defineTopology({
      name: 'orders',
      source: { topic: 'orders', eventTime: 'at', partitions: 8 },
      stages: [watermarks('watermarks'), repartition('by-id', { key: ['id'], partitions: 2 })],
    });
    const sent: Array<{ readonly topic: string; readonly records: unknown[] }> = [];
    const encoder = { encode: () => Buffer.alloc(0) };
    const prediction = { encode: () => textColumn([], 0, 0) };
    const telemetry = new FakeTelemetry();
    let aside = 0;
    const parts = {
      topology: topology.name,
      topics: topicsOf(topology),
      writer: {
        recordBytesMax: () => Number.POSITIVE_INFINITY,
        append: (topic: string, records: readonly LogRecord[] | RecordBlock) => {
          if ('partition' in records) sent.push({ topic, records: recordsOf(records) });
        },
        committed: () => Promise.resolve(null),
        commit: () => Promise.resolve(),
        close: () => Promise.resolve(),
      },
      encoders: { prediction, deadLetter: encoder, late: encoder },
      sinks: new Sinks([]),
      archive: null,
      counts: {
        count: telemetry.count.bind(telemetry),
        total: (name: keyof RunTotals, by: number) => {
          if (name === 'deadLetters') aside += by;
        },
      },
      deadLetterLog: { add: () => undefined },
      nowMs: () => 0,
    };
    const outputs = new EpochOutputs(parts, 2);
    const [batch] = batchesOf([6]);
    if (batch === undefined) throw new Error('no batch');
    const keys = keysOf(Array.from(batch.rows, (row) => `k${row % 2}`));
    outputs.repartitioned(batch, keys, timesOf(batch), 'orders.repartitioned');
    t.same(sent, [], 'not before the epoch ends');
    outputs.close(5)();
    outputs.close(5)();
    const row = (offset: number, key: string): unknown => ({
      partition: 0,
      timestampMs: offset,
      key,
      value: String(batch.raw.values.at(offset)),
      'millrace-source': `orders-7-${offset}`,
    });
    const topic = 'orders.repartitioned';
    t.strictSame(sent.splice(0), [{ topic, records: [row(2, 'k0'), row(4, 'k0')] }]);
    outputs.close(6)();
    t.strictSame(sent, [{ topic, records: [row(5, 'k1')] }], 'a row that was added before its epoch started');
    t.equal(telemetry.counts.get('events_repartitioned_total'), 3);
    const narrow = new EpochOutputs(
      {
        ...parts,
        writer: { ...parts.writer, recordBytesMax: (name: string) => (name === topic ? 1_200 : 1_000_000) },
      },
      2,
    );
    narrow.repartitioned(
      batch,
      keysOf(Array.from(batch.rows, (_, i) => 'k'.repeat(i === 3 ? 2_000 : 1))),
      timesOf(batch),
      topic,
    );
    narrow.close(6)();
    const { counts } = telemetry;
    t.strictSame(
      [aside, counts.get('dead_letters_total'), counts.get('events_repartitioned_total')],
      [1, 1, 5],
      'one that is too large is set aside, and not counted as forwarded',
    );
  },
);

t.test('a row that is larger than the topic accepts is reported, and the others are written', async (t) => {
  const rows = new RepartitionedRows(0);
  const [batch] = batchesOf([6]);
  if (batch === undefined) throw new Error('no batch');
  const long = 'k'.repeat(1_000);
  rows.add(batch, keysOf(Array.from(batch.rows, (row) => (row === 2 ? long : 'k'))), timesOf(batch));
  const large: number[] = [];
  const blocks = rows.take(6, 1_200, (_raw, index) => void large.push(index));
  t.same(large, [2]);
  const written = blocks.flatMap(({ timestampMs }) => [...timestampMs]);
  t.same(written, [1, 4, 5], 'every third was dropped before');
});
