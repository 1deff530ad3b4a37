// Reads predictions while a transaction is open in their topic.
import t from 'tap';
import { ByteColumn } from '../../../src/core/byte-column.ts';
import { AvroCodec } from '../../../src/adapters/avro/codec.ts';
import { ProjectSchemas } from '../../../src/adapters/schemas/project-schemas.ts';
import { replayPredictions } from '../../../src/app/compose/replay-predictions.ts';
import type { RawBatch } from '../../../src/core/batch.ts';
import type { EventLog } from '../../../src/ports/event-log.ts';
import type { PredictionRecord } from '../../../src/runtime/records.ts';
import flights from '../../../topologies/flights.ts';
import { FakeQuarantine } from '../../support/fake-quarantine.ts';

const TOPIC = 'flights.predictions';
const origin = { topic: 'flights', partition: 0 };

const codec = new AvroCodec(new ProjectSchemas({ registry: { url: null }, schemaFolders: ['schemas'] }));
t.teardown(() => codec.close());
const encoder = await codec.encoder<PredictionRecord>(`${TOPIC}-value`);

function value(offset: number): Buffer {
  const record = { key: 'JFK', eventTime: 1_000 + offset, score: 0.5, version: 'v1', flags: 0 };
  return encoder.encode({ id: `flights-0-${offset}`, ...record });
}

/** One record for each source offset from 10 to 15; those from `open` on belong to a transaction that has not ended. */
function logOf(stable: { end: number }): Pick<EventLog, 'offsets' | 'read'> {
  const values = [10, 11, 12, 13, 14, 15].map(value);
  return {
    // The source's events 0 to 15, or the predictions.
    offsets: (topic) => Promise.resolve([{ low: 0, high: topic === TOPIC ? values.length : 16 }]),
    async *read(topic, partition, from, to): AsyncGenerator<RawBatch> {
      await Promise.resolve();
      const end = Math.min(to, stable.end);
      if (from >= end) return;
      const count = end - from;
      yield {
        origin: { topic, partition },
        count,
        offsets: Float64Array.from({ length: count }, (_, i) => from + i),
        timestampMs: new Float64Array(count),
        keys: ByteColumn.of(Array.from({ length: count }, () => null)),
        values: ByteColumn.of(values.slice(from, end)),
        offsetNext: end,
        highWatermark: values.length,
        receivedAtMs: 0,
      };
    },
  };
}

await t.test('predictions of an open transaction are read once it has ended', async (t) => {
  const stable = { end: 2 };
  const log = logOf(stable) as EventLog;
  const replay = await replayPredictions(flights, { log, codec }, new FakeQuarantine());
  const request = { topology: 'flights', origin, afterOffset: 10, beforeOffset: 15 };
  const got: number[] = [];
  for await (const rows of replay(request, new AbortController().signal)) {
    got.push(...rows.offsets.subarray(0, rows.count));
    stable.end = 6;
  }
  t.same(got, [11, 12, 13, 14]);
});

await t.test('without an end it stops after the last readable record', async (t) => {
  const log = logOf({ end: 3 }) as EventLog;
  const replay = await replayPredictions(flights, { log, codec }, new FakeQuarantine());
  const request = { topology: 'flights', origin, afterOffset: 10, beforeOffset: null };
  const got: number[] = [];
  for await (const rows of replay(request, new AbortController().signal)) got.push(...rows.offsets);
  t.same(got, [11, 12]);
});

const PAGES = 8;
const PAGE_ROWS = 512;

/** Predictions of the source offsets from 0, in pages that are there at once, as an embedded log has them. */
function pagesOf(read: number[]): Pick<EventLog, 'offsets' | 'read'> {
  const end = PAGES * PAGE_ROWS;
  const values = Array.from({ length: end }, (_, offset) => value(offset));
  return {
    offsets: () => Promise.resolve([{ low: 0, high: end }]),
    // oxlint-disable-next-line typescript/require-await -- nothing is waited for
    async *read(topic, partition, from, to): AsyncGenerator<RawBatch> {
      for (let at = from; at < to; at = (Math.floor(at / PAGE_ROWS) + 1) * PAGE_ROWS) {
        const next = Math.min(to, (Math.floor(at / PAGE_ROWS) + 1) * PAGE_ROWS);
        read.push(at);
        yield {
          origin: { topic, partition },
          count: next - at,
          offsets: Float64Array.from({ length: next - at }, (_, i) => at + i),
          timestampMs: new Float64Array(next - at),
          keys: ByteColumn.of(Array.from({ length: next - at }, () => null)),
          values: ByteColumn.of(values.slice(at, next)),
          offsetNext: next,
          highWatermark: end,
          receivedAtMs: 0,
        };
      }
    },
  };
}

await t.test('others have their turn while pages are decoded', async (t) => {
  const log = pagesOf([]) as EventLog;
  const replay = await replayPredictions(flights, { log, codec }, new FakeQuarantine());
  let turns = 0;
  let isRead = false;
  const other = (): void => {
    turns += 1;
    if (!isRead) setImmediate(other);
  };
  setImmediate(other);
  let rows = 0;
  const request = { topology: 'flights', origin, afterOffset: -1, beforeOffset: null };
  for await (const { count } of replay(request, new AbortController().signal)) rows += count;
  isRead = true;
  t.equal(rows, PAGES * PAGE_ROWS);
  t.ok(turns >= 2 * PAGES, `${turns} turns`);
});

await t.test('nothing is read behind what memory has', async (t) => {
  const read: number[] = [];
  const log = pagesOf(read) as EventLog;
  const replay = await replayPredictions(flights, { log, codec }, new FakeQuarantine());
  const request = { topology: 'flights', origin, afterOffset: -1, beforeOffset: PAGE_ROWS };
  let rows = 0;
  for await (const { count } of replay(request, new AbortController().signal)) rows += count;
  t.equal(rows, PAGE_ROWS);
  t.strictSame(read.slice(-2), [0, PAGE_ROWS]);
});
