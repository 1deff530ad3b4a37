// Records as a fetch brings them (control path).
import type { RawBatch } from '../../src/core/batch.ts';
import { ByteColumn } from '../../src/core/byte-column.ts';
import type { LogRecord } from '../../src/ports/event-log.ts';

export function rawOf(topic: string, records: readonly LogRecord[]): RawBatch {
  const count = records.length;
  return {
    origin: { topic, partition: 0 },
    count,
    offsets: Float64Array.from({ length: count }, (_, i) => i),
    timestampMs: Float64Array.from(records, ({ timestampMs }) => timestampMs),
    keys: ByteColumn.of(records.map(({ key }) => key)),
    values: ByteColumn.of(records.map(({ value }) => value)),
    offsetNext: count,
    highWatermark: count,
    receivedAtMs: performance.now(),
  };
}
