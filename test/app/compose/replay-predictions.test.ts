// Reads predictions while a transaction is open in their topic.
import t from 'tap';
import { ByteColumn } from '../../../src/core/byte-column.ts';
import { AvroCodec } from '../../../src/adapters/avro/codec.ts';
import { ProjectSchemas } from '../../../src/adapters/schemas/project-schemas.ts';
import { replayPredictions } from '../../../src/app/compose/replay-predictions.ts';
import { PREDICTION_PAGE_OFFSETS } from '../../../src/core/port-limits.ts';
import type { RawBatch } from '../../../src/core/batch.ts';
import type { EventLog } from '../../../src/ports/event-log.ts';
import type { ReplayPredictions, ReplayRequest } from '../../../src/serving/sockets/catch-up.ts';
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
function logOf(stable: { end: number }): Pick<EventLog, 'offsets' | 'ends' | 'read'> {
  const values = [10, 11, 12, 13, 14, 15].map(value);
  return {
    ends: () => Promise.resolve([{ readable: stable.end, end: values.length }]),
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

/** The offsets that a client with this request is sent. */
async function offsetsOf(
  replay: ReplayPredictions,
  request: ReplayRequest,
  received: () => void = () => undefined,
): Promise<number[]> {
  const got: number[] = [];
  for await (const rows of replay(request, new AbortController().signal)) {
    const newest = got.at(-1) ?? request.afterOffset;
    got.push(...rows.offsets.subarray(0, rows.count).filter((offset) => offset > newest));
    received();
  }
  return got;
}

await t.test('predictions of an open transaction are read once it has ended', async (t) => {
  const stable = { end: 2 };
  const log = logOf(stable) as EventLog;
  const replay = await replayPredictions(flights, { log, codec }, new FakeQuarantine());
  const request = { topology: 'flights', origin, afterOffset: 10, beforeOffset: 15 };
  const got = await offsetsOf(replay, request, () => (stable.end = 6));
  t.same(got, [11, 12, 13, 14, 15]);
});

await t.test('without an end it stops after the last readable record', async (t) => {
  const log = logOf({ end: 3 }) as EventLog;
  const replay = await replayPredictions(flights, { log, codec }, new FakeQuarantine());
  const request = { topology: 'flights', origin, afterOffset: 10, beforeOffset: null };
  t.same(await offsetsOf(replay, request), [11, 12]);
});

const PAGES = 8;
const END = PAGES * PREDICTION_PAGE_OFFSETS;

/** Predictions of the source offsets from 0, which are there at once, as an embedded log has them. */
function pagesOf(
  reads: Array<readonly [number, number]>,
  valueAt: (offset: number) => Buffer = value,
): EventLog {
  const values = Array.from({ length: END }, (_, offset) => valueAt(offset));
  const log: Pick<EventLog, 'offsets' | 'ends' | 'read'> = {
    offsets: () => Promise.resolve([{ low: 0, high: END }]),
    ends: () => Promise.resolve([{ readable: END, end: END }]),
    // oxlint-disable-next-line typescript/require-await -- nothing is waited for
    async *read(topic, partition, from, to): AsyncGenerator<RawBatch> {
      reads.push([from, to]);
      const count = to - from;
      if (count === 0) return;
      yield {
        origin: { topic, partition },
        count,
        offsets: Float64Array.from({ length: count }, (_, i) => from + i),
        timestampMs: new Float64Array(count),
        keys: ByteColumn.of(Array.from({ length: count }, () => null)),
        values: ByteColumn.of(values.slice(from, to)),
        offsetNext: to,
        highWatermark: END,
        receivedAtMs: 0,
      };
    },
  };
  return log as EventLog;
}

await t.test('others have their turn while pages are decoded', async (t) => {
  const replay = await replayPredictions(flights, { log: pagesOf([]), codec }, new FakeQuarantine());
  let turns = 0;
  let isRead = false;
  const other = (): void => {
    turns += 1;
    if (!isRead) setImmediate(other);
  };
  setImmediate(other);
  const request = { topology: 'flights', origin, afterOffset: -1, beforeOffset: null };
  const got = await offsetsOf(replay, request);
  isRead = true;
  t.equal(got.length, END);
  t.ok(turns >= 2 * PAGES, `${turns} turns`);
});

await t.test('hundreds of clients that resume anywhere read each page once', async (t) => {
  const reads: Array<readonly [number, number]> = [];
  const replay = await replayPredictions(flights, { log: pagesOf(reads), codec }, new FakeQuarantine());
  const counts = await Promise.all(
    Array.from({ length: 200 }, async (_, i) => {
      const afterOffset = i * 37 - 1;
      const got = await offsetsOf(replay, { topology: 'flights', origin, afterOffset, beforeOffset: null });
      return got.length + afterOffset + 1;
    }),
  );
  t.strictSame(new Set(counts), new Set([END]));
  const whole = reads.filter(([from, to]) => to - from === PREDICTION_PAGE_OFFSETS);
  t.equal(new Set(whole.map(([from]) => from)).size, whole.length, 'no page twice');
});

await t.test('nothing is read behind what memory has', async (t) => {
  const reads: Array<readonly [number, number]> = [];
  const replay = await replayPredictions(flights, { log: pagesOf(reads), codec }, new FakeQuarantine());
  const beforeOffset = PREDICTION_PAGE_OFFSETS;
  const got = await offsetsOf(replay, { topology: 'flights', origin, afterOffset: -1, beforeOffset });
  t.equal(got.length, PREDICTION_PAGE_OFFSETS);
  t.strictSame(reads.at(-1), [0, PREDICTION_PAGE_OFFSETS]);
});

await t.test('pages without a prediction are passed over', async (t) => {
  const junk = Buffer.from('junk');
  const isJunk = (offset: number): boolean => offset >= 1_024 && offset < 5_000;
  const log = pagesOf([], (offset) => (isJunk(offset) ? junk : value(offset)));
  const replay = await replayPredictions(flights, { log, codec }, new FakeQuarantine());
  for (const afterOffset of [-1, 500, 1_023, 3_000, 4_999, 6_000, END]) {
    const got = await offsetsOf(replay, { topology: 'flights', origin, afterOffset, beforeOffset: null });
    const wanted = Array.from({ length: END }, (_, i) => i).filter((at) => at > afterOffset && !isJunk(at));
    t.strictSame(got, wanted, `after ${afterOffset}`);
  }
});
