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
