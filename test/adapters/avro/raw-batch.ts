// RawBatches for the tests of the Avro adapter.
import type { RawBatch } from '../../../src/core/batch.ts';
import { ByteColumn } from '../../../src/core/byte-column.ts';
import { columnOf } from '../../support/byte-columns.ts';

export function rawBatchOf(values: ReadonlyArray<Buffer | null>, firstOffset = 0): RawBatch {
  const count = values.length;
  return {
    origin: { topic: 'events', partition: 0 },
    count,
    offsets: Float64Array.from({ length: count }, (_, i) => firstOffset + i),
    timestampMs: new Float64Array(count),
    keys: ByteColumn.of(values.map(() => null)),
    values: columnOf(values),
    offsetNext: firstOffset + count,
    highWatermark: firstOffset + count,
    receivedAtMs: 0,
  };
}
