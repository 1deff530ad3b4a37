// The records of batches as columns (hot path): bytes read once in order, no object a record but the views of its key
// and value. Format: https://kafka.apache.org/documentation/#record
// length attributes timestampDelta offsetDelta keyLength key valueLength value [headers]
import type { TopicPartition } from '../../core/topic-partition.ts';
import { decompress } from './compression.ts';
import { damaged, placeOf, type StoredBatch } from './record-set.ts';
import { VarintReader } from './varint-reader.ts';

/** Each of the seven fields takes a byte at least. */
const RECORD_BYTES_MIN = 7;

/** Columns of the records from one offset on. Keys and values are views: they hold on to what the response came in. */
export interface RecordColumns {
  count: number;
  readonly offsets: Float64Array;
  readonly timestampMs: Float64Array;
  readonly keys: Array<Buffer | null>;
  readonly values: Array<Buffer | null>;
}

/** @throws LOG_FAILED for a batch whose records cannot be read */
export function columnsOf(
  origin: TopicPartition,
  batches: readonly StoredBatch[],
  from: number,
): RecordColumns {
  const expanded = batches.map((batch) => expand(origin, batch)); // before memory is taken for as many as it claims to have
  const capacity = batches.reduce((sum, { count }) => sum + count, 0);
  const offsets = new Float64Array(capacity);
  const columns = { count: 0, offsets, timestampMs: new Float64Array(capacity), keys: [], values: [] };
  for (const [i, batch] of batches.entries()) {
    if (!append(columns, batch, expanded[i] as Buffer, from)) throw unreadable(origin, batch);
  }
  return columns;
}

function expand(origin: TopicPartition, batch: StoredBatch): Buffer {
  const { codec, count, records, baseOffset } = batch;
  const bytes = count === 0 ? records : decompress(codec, records, placeOf(origin, baseOffset));
  if (count < 0 || count * RECORD_BYTES_MIN > bytes.length) throw unreadable(origin, batch);
  return bytes;
}

function unreadable(origin: TopicPartition, { baseOffset, count }: StoredBatch): Error {
  return damaged(origin, baseOffset, `does not hold the ${count} records that it claims to`);
}

/** False where the bytes are no `batch.count` records, exactly. */
function append(columns: RecordColumns, batch: StoredBatch, bytes: Buffer, from: number): boolean {
  const { baseOffset, baseTimestampMs, appendTimeMs, count: records } = batch;
  const { offsets, timestampMs, keys, values } = columns;
  const read = new VarintReader(bytes);
  let { count } = columns;
  for (let i = 0; i < records; i++) {
    const length = read.int();
    const end = read.at + length;
    read.at += 1; // attributes, of which there are none
    const time = baseTimestampMs + read.long();
    const offset = baseOffset + read.int();
    const keyLength = read.int();
    const keyAt = read.at;
    if (keyLength > 0) read.at += keyLength;
    const keyEnd = read.at;
    const valueLength = read.int();
    const valueAt = read.at;
    const valueEnd = valueLength > 0 ? valueAt + valueLength : valueAt;
    if (valueEnd > end || end > bytes.length) return false;
    read.at = end; // headers are nobody's here
    if (offset < from) continue;
    offsets[count] = offset;
    timestampMs[count] = appendTimeMs ?? time;
    keys.push(keyLength < 0 ? null : bytes.subarray(keyAt, keyEnd));
    values.push(valueLength < 0 ? null : bytes.subarray(valueAt, valueEnd));
    count += 1;
  }
  columns.count = count;
  return records === 0 || read.at === bytes.length;
}
