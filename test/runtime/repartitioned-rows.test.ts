// Rows go out with the epoch that they belong to, each as it stands in the source, and none that is out already.
import fc from 'fast-check';
import t from 'tap';
import { textColumn } from '../../src/core/text-bytes.ts';
import type { LogRecord, RecordBlock } from '../../src/ports/event-log.ts';
import { EpochOutputs } from '../../src/runtime/epoch-outputs.ts';
import { RepartitionedRows } from '../../src/runtime/repartitioned-rows.ts';
import { defineTopology, repartition, watermarks } from '../../src/index.ts';
import { FakeTelemetry, RowBatches } from '../../src/testing/index.ts';
import { topicsOf } from '../../src/topology/topics.ts';

const schema = { id: { kind: 'string', nullable: true }, at: { kind: 'number', nullable: true } } as const;

/** Batches of one row an offset, every third of which was dropped before. */
function batchesOf(sizes: readonly number[]): ReturnType<RowBatches['next']>[] {
  const batches = new RowBatches(schema, 'at', { topic: 'orders', partition: 7 });
  let next = 0;
  return sizes.map((size) => {
    const batch = batches.next(Array.from({ length: size }, () => ({ id: `k${next % 2}`, at: next++ })));
    return { ...batch, rows: batch.rows.filter((row) => (batch.offsets[row] as number) % 3 !== 0) };
  });
}

const idOf = ({ value }: LogRecord): unknown => JSON.parse(value?.toString() ?? 'null');

t.test('wherever barriers lie, before, in or behind what has come', async (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 8 }),
      fc.array(fc.nat(3), { minLength: 8, maxLength: 8 }),
      fc.nat(20),
      (sizes, back, heldBelow) => {
        const rows = new RepartitionedRows(heldBelow);
        const epochs: Array<{ readonly until: number; readonly offsets: number[] }> = [];
        let end = 0;
        let until = 0;
        let added = 0;
        const close = (at: number): void => {
          until = Math.max(until, at);
          const offsets = rows.take(until).map(({ timestampMs }) => timestampMs);
          epochs.push({ until, offsets });
        };
        for (const [i, batch] of batchesOf(sizes).entries()) {
          added += rows.add(
            batch,
            Array.from(batch.rows, () => Buffer.from('k')),
          );
          end = batch.offsetNext;
          if (back[i] !== 3) close(end - (back[i] as number));
        }
        close(end);
        const wanted = Array.from({ length: end }, (_, offset) => offset).filter(
          (of) => of % 3 !== 0 && of >= heldBelow,
        );
        t.strictSame(
          epochs.flatMap(({ offsets }) => offsets),
          wanted,
          'each once, in order',
        );
        t.equal(added, wanted.length);
        let from = 0;
        for (const { until, offsets } of epochs) {
          t.ok(
            offsets.every((offset) => offset >= from && offset < until),
            'in its own epoch',
          );
          from = until;
        }
        if (!t.passing()) throw new Error('see above');
      },
    ),
    { numRuns: 200, seed: 1 },
  );
});

t.test('in the epoch of the task: key, bytes, time and place of the event', async (t) => {
  const topology = defineTopology({
    name: 'orders',
    source: { topic: 'orders', eventTime: 'at', partitions: 8 },
    stages: [watermarks('watermarks'), repartition('by-id', { key: ['id'], partitions: 2 })],
  });
  const sent: Array<{ readonly topic: string; readonly records: readonly LogRecord[] }> = [];
  const encoder = { encode: () => Buffer.alloc(0) };
  const prediction = { encode: () => textColumn([], 0, 0) };
  const telemetry = new FakeTelemetry();
  const sinks = {
    writer: {
      append: (topic: string, records: readonly LogRecord[] | RecordBlock) => {
        if (!('partition' in records)) sent.push({ topic, records });
      },
      committed: () => Promise.resolve(null),
      commit: () => Promise.resolve(),
      close: () => Promise.resolve(),
    },
    encoders: { prediction, deadLetter: encoder, late: encoder },
    history: null,
    feed: { predictions: () => undefined, labels: () => undefined },
    telemetry,
  };
  const outputs = new EpochOutputs(topology.name, topicsOf(topology), sinks, 2, () => 0);
  const [batch] = batchesOf([6]);
  if (batch === undefined) throw new Error('no batch');
  outputs.repartitioned(
    batch,
    Array.from(batch.rows, (row) => Buffer.from(`k${row % 2}`)),
  );
  t.same(sent, [], 'not before the epoch ends');
  outputs.close(5)();
  outputs.close(5)();
  t.same(
    sent.map(({ topic }) => topic),
    ['orders.repartitioned'],
  );
  const [first, second] = sent[0]?.records ?? [];
  t.match(first, {
    key: Buffer.from('k0'),
    timestampMs: 2,
    headers: { 'millrace-source': 'orders-7-2' },
  });
  t.same(first?.value, batch.raw.values.at(2));
  t.equal(first?.partition, undefined, 'the partition is that of the key');
  t.match(second, { key: Buffer.from('k0'), headers: { 'millrace-source': 'orders-7-4' } });
  outputs.close(6)();
  t.strictSame(sent[1]?.records.map(idOf), [{ id: 'k1', at: 5 }], 'what came before its epoch began');
  t.equal(telemetry.counts.get('events_repartitioned_total'), 3);
});
