// A batch without rows (control path): carries what time alone brings, such as labels that were given up.
import type { Batch, Column } from './batch.ts';
import { Dictionary } from './dictionary.ts';
import type { Schema } from './schema.ts';
import type { TopicPartition } from './topic-partition.ts';

export function emptyBatch(schema: Schema, origin: TopicPartition, offsetNext: number): Batch {
  const dictionary = new Dictionary();
  const columns: Record<string, Column> = {};
  for (const [name, { kind }] of Object.entries(schema)) {
    columns[name] =
      kind === 'string'
        ? { kind, codes: new Int32Array(0), dictionary }
        : { kind, values: new Float64Array(0) };
  }
  const none = new Float64Array(0);
  const receivedAtMs = performance.now();
  return {
    kind: 'batch',
    origin,
    size: 0,
    rows: new Int32Array(0),
    offsets: none,
    eventTimeMs: none,
    columns,
    offsetNext,
    receivedAtMs,
    raw: {
      origin,
      count: 0,
      offsets: none,
      timestampMs: none,
      keys: [],
      values: [],
      offsetNext,
      highWatermark: offsetNext,
      receivedAtMs,
    },
    rawIndex: new Int32Array(0),
    flags: null,
    features: null,
    predictions: null,
    labels: null,
  };
}
