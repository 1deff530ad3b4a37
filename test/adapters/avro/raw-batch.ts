// RawBatches for the tests of the Avro adapter.
import type { RawBatch } from '../../../src/core/batch.ts';

export function rawBatchOf(values: ReadonlyArray<Buffer | null>, firstOffset = 0): RawBatch {
  const count = values.length;
  return {
    origin: { topic: 'events', partition: 0 },
    count,
    offsets: Float64Array.from({ length: count }, (_, i) => firstOffset + i),
    timestampMs: new Float64Array(count),
    keys: values.map(() => null),
    values,
    offsetNext: firstOffset + count,
    highWatermark: firstOffset + count,
    receivedAtMs: 0,
  };
}
