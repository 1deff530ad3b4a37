// The records of batches as columns (hot path): bytes are read once, in order, without an object per record.
// Format: https://kafka.apache.org/documentation/#record
// length attributes timestampDelta offsetDelta keyLength key valueLength value [headers]
import { ByteColumn } from '../../../core/byte-column.ts';
import { RECORD_TIME_MS_MAX } from '../../../core/limits.ts';
import type { TopicPartition } from '../../../core/topic-partition.ts';
import { decompress } from './compression.ts';
import { NO_TIMESTAMP } from './record-batch-format.ts';
import { damaged, placeOf, type StoredBatch } from './record-set.ts';
import { VarintReader } from './varint-reader.ts';

/** Each of the seven fields takes at least one byte. */
const RECORD_BYTES_MIN = 7;

/** Columns of the records from one offset on. Keys and values are views of the response, and keep it in memory. */
interface RecordColumns {
  readonly count: number;
  readonly offsets: Float64Array;
  readonly timestampMs: Float64Array;
  readonly keys: ByteColumn;
  readonly values: ByteColumn;
}

interface Filled {
  count: number;
  readonly offsets: Float64Array;
  readonly timestampMs: Float64Array;
  readonly keyStarts: Int32Array;
  readonly keyEnds: Int32Array;
  readonly valueStarts: Int32Array;
  readonly valueEnds: Int32Array;
}

/** @throws LOG_FAILED for a batch whose records cannot be read */
export function columnsOf(
  origin: TopicPartition,
  batches: readonly StoredBatch[],
  from: number,
): RecordColumns {
  const expanded = batches.map((batch) => expand(origin, batch)); // before memory is allocated for the number of records that it claims
  const { memory, starts } = oneMemory(expanded);
  const capacity = batches.reduce((sum, { count }) => sum + count, 0);
  const filled: Filled = {
    count: 0,
    offsets: new Float64Array(capacity),
    timestampMs: new Float64Array(capacity),
    keyStarts: new Int32Array(capacity),
    keyEnds: new Int32Array(capacity),
    valueStarts: new Int32Array(capacity),
    valueEnds: new Int32Array(capacity),
  };
  for (const [i, batch] of batches.entries()) {
    if (!append(filled, batch, expanded[i] as Buffer, starts[i] as number, from))
      throw unreadable(origin, batch);
  }
  const { count, offsets, timestampMs, keyStarts, keyEnds, valueStarts, valueEnds } = filled;
  return {
    count,
    offsets: offsets.subarray(0, count),
    timestampMs: timestampMs.subarray(0, count),
    keys: new ByteColumn(memory, keyStarts.subarray(0, count), keyEnds.subarray(0, count)),
    values: new ByteColumn(memory, valueStarts.subarray(0, count), valueEnds.subarray(0, count)),
  };
}

/** The bytes of all parts, and where each starts in them: the response itself if nothing was compressed. */
function oneMemory(parts: readonly Buffer[]): {
  readonly memory: Buffer;
  readonly starts: readonly number[];
} {
  const buffer = parts[0]?.buffer;
  if (buffer !== undefined && parts.every((part) => part.buffer === buffer))
    return { memory: Buffer.from(buffer), starts: parts.map(({ byteOffset }) => byteOffset) };
  let at = 0;
  const starts = parts.map(({ length }) => (at += length) - length);
  return { memory: Buffer.concat(parts), starts };
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

/** Returns false unless the bytes are exactly `batch.count` records. */
function append(into: Filled, batch: StoredBatch, bytes: Buffer, start: number, from: number): boolean {
  const { baseOffset, baseTimestampMs, appendTimeMs, count: records } = batch;
  const { offsets, timestampMs, keyStarts, keyEnds, valueStarts, valueEnds } = into;
  const read = new VarintReader(bytes);
  let { count } = into;
  for (let i = 0; i < records; i++) {
    const length = read.int();
    const end = read.at + length;
    read.at += 1; // attributes: none are defined
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
    read.at = end; // headers are not used
    if (offset < from) continue;
    offsets[count] = offset;
    timestampMs[count] = appendTimeMs ?? (Math.abs(time) <= RECORD_TIME_MS_MAX ? time : NO_TIMESTAMP);
    keyStarts[count] = keyLength < 0 ? -1 : start + keyAt;
    keyEnds[count] = start + keyEnd;
    valueStarts[count] = valueLength < 0 ? -1 : start + valueAt;
    valueEnds[count] = start + valueEnd;
    count += 1;
  }
  into.count = count;
  return records === 0 || read.at === bytes.length;
}
