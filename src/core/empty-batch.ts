// Batches without rows (control path): a fetch that only advances the offset, and a batch that carries results of the
// passage of time, such as labels that timed out.
import type { Batch, Column, RawBatch, ScalarColumn } from './batch.ts';
import { ByteColumn } from './byte-column.ts';
import { Dictionary } from './dictionary.ts';
import { isListKind, itemKind, type Schema } from './schema.ts';
import type { TopicPartition } from './topic-partition.ts';

const NO_BYTES = ByteColumn.of([]);
const NO_CODES = new Int32Array(0);

export function emptyFetch(origin: TopicPartition, offsetNext: number): RawBatch {
  const none = new Float64Array(0);
  return {
    origin,
    count: 0,
    offsets: none,
    timestampMs: none,
    keys: NO_BYTES,
    values: NO_BYTES,
    offsetNext,
    highWatermark: offsetNext,
    receivedAtMs: performance.now(),
  };
}

export function emptyBatch(schema: Schema, origin: TopicPartition, offsetNext: number): Batch {
  const dictionary = new Dictionary();
  const columns: Record<string, Column> = {};
  for (const [name, { kind }] of Object.entries(schema)) {
    const items: ScalarColumn =
      itemKind(kind) === 'string'
        ? { kind: 'string', codes: NO_CODES, dictionary }
        : { kind: 'number', values: new Float64Array(0) };
    columns[name] = isListKind(kind) ? { kind: 'list', starts: NO_CODES, ends: NO_CODES, items } : items;
  }
  const raw = emptyFetch(origin, offsetNext);
  const { offsets, receivedAtMs } = raw;
  return {
    kind: 'batch',
    origin,
    size: 0,
    rows: new Int32Array(0),
    offsets,
    eventTimeMs: offsets,
    columns,
    offsetNext,
    receivedAtMs,
    raw,
    rawIndex: new Int32Array(0),
    flags: null,
    features: null,
    predictions: null,
    labels: null,
  };
}
