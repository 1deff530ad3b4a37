// The records of batches as columns (hot path): bytes are read once, in order, without an object per record.
// Format: https://kafka.apache.org/documentation/#record
// length attributes timestampDelta offsetDelta keyLength key valueLength value [headers]
import type { UnreadableRows } from '../../../core/batch.ts';
import { ByteColumn } from '../../../core/byte-column.ts';
import { RECORD_TIME_MS_MAX } from '../../../core/event-limits.ts';
import {
  RECORD_BATCH_INFLATED_BYTES_MAX,
  UNREADABLE_RECORDS_MAX,
  UNREADABLE_ROWS_MAX,
} from '../../../core/log-limits.ts';
import { type BatchFault, unreadable } from './batch-fault.ts';
import { decompress } from './compression.ts';
import { NO_TIMESTAMP } from './record-batch-format.ts';
import { NotedHeaders, schemaHeaders } from './noted-headers.ts';
import type { StoredBatch } from './stored-batch.ts';
import { VarintReader } from './varint-reader.ts';

/** Each of the seven fields takes at least one byte. */
const RECORD_BYTES_MIN = 7;
const NOT_COMPRESSED = 0;
/** Start of a missing key or value. */
const NONE = -1;

/**
 * Columns of the records from one offset on. Keys and values are views of the response, and keep it in memory; values whose
 * schema is named in a header are copies.
 */
interface RecordColumns {
  readonly count: number;
  readonly offsets: Float64Array;
  readonly timestampMs: Float64Array;
  readonly keys: ByteColumn;
  readonly values: ByteColumn;
  /** Of the header that the reader asks for; absent without one. */
  readonly header?: ByteColumn;
  /** Rows whose bytes cannot be had; null if there are none. */
  readonly unreadable: readonly UnreadableRows[] | null;
  /** Where to go on if not all batches are in the columns, so that their memory stays bounded; null if they are. */
  readonly offsetNext: number | null;
}

interface Filled {
  count: number;
  readonly offsets: Float64Array;
  readonly timestampMs: Float64Array;
  readonly keyStarts: Int32Array;
  readonly keyEnds: Int32Array;
  readonly valueStarts: Int32Array;
  readonly valueEnds: Int32Array;
  readonly schemas: NotedHeaders;
  /** Null if the reader asks for no header. */
  readonly asked: NotedHeaders | null;
}

/**
 * @param header the name of one that the reader asks for
 * @throws CONFIG_INVALID if a codec's package is missing
 */
export function columnsOf(
  batches: readonly StoredBatch[],
  from: number,
  header: string | null = null,
): RecordColumns {
  const parts = expandAll(batches); // before memory is allocated for the number of records that a batch claims
  const { memory, starts } = oneMemory(parts.map(({ bytes }) => bytes));
  const capacity = parts.reduce((sum, { capacity }) => sum + capacity, 0);
  const filled: Filled = {
    count: 0,
    offsets: new Float64Array(capacity),
    timestampMs: new Float64Array(capacity),
    keyStarts: new Int32Array(capacity),
    keyEnds: new Int32Array(capacity),
    valueStarts: new Int32Array(capacity),
    valueEnds: new Int32Array(capacity),
    schemas: schemaHeaders(),
    asked: header === null ? null : new NotedHeaders(header),
  };
  const unreadable: UnreadableRows[] = [];
  let offsetNext = parts.length < batches.length ? afterLast(parts) : null;
  for (const [i, { batch, bytes, fault }] of parts.entries()) {
    if (fault === null && append(filled, batch, bytes, starts[i] as number, from)) continue;
    filled.schemas.truncate(filled.count);
    filled.asked?.truncate(filled.count);
    const end = setAside(filled, batch, fault ?? wrongCount(batch), from, unreadable);
    if (end <= batch.lastOffset) {
      offsetNext = end;
      break;
    }
  }
  const { count, offsets, timestampMs, keyStarts, keyEnds, valueStarts, valueEnds } = filled;
  const values = new ByteColumn(memory, valueStarts.subarray(0, count), valueEnds.subarray(0, count));
  return {
    count,
    offsets: offsets.subarray(0, count),
    timestampMs: timestampMs.subarray(0, count),
    keys: new ByteColumn(memory, keyStarts.subarray(0, count), keyEnds.subarray(0, count)),
    values: filled.schemas.before(values),
    ...(filled.asked === null ? {} : { header: filled.asked.column(memory, count) }),
    unreadable: unreadable.length === 0 ? null : unreadable,
    offsetNext,
  };
}

/** A batch's records as they are read. */
interface Part {
  readonly batch: StoredBatch;
  /** Empty if they cannot be read. */
  readonly bytes: Buffer;
  readonly fault: BatchFault | null;
  /** The most rows that it takes. */
  readonly capacity: number;
}

const NO_BYTES = Buffer.alloc(0);

/** As many batches from the first as expand to the bound together, and at least one. */
function expandAll(batches: readonly StoredBatch[]): Part[] {
  const parts: Part[] = [];
  let expanded = 0;
  for (const batch of batches) {
    const part = expand(batch);
    if (batch.codec !== NOT_COMPRESSED) expanded += part.bytes.length;
    if (expanded > RECORD_BATCH_INFLATED_BYTES_MAX && parts.length > 0) break;
    parts.push(part);
  }
  return parts;
}

function afterLast(parts: readonly Part[]): number | null {
  const last = parts.at(-1);
  return last === undefined ? null : last.batch.lastOffset + 1;
}

function expand(batch: StoredBatch): Part {
  const { codec, count, records } = batch;
  if (batch.fault !== null) return refused(batch, batch.fault);
  const bytes = count === 0 ? records : decompress(codec, records);
  if (!Buffer.isBuffer(bytes)) return refused(batch, bytes);
  if (count < 0 || count * RECORD_BYTES_MIN > bytes.length) return refused(batch, wrongCount(batch));
  return { batch, bytes, fault: null, capacity: count };
}

function refused(batch: StoredBatch, fault: BatchFault): Part {
  return { batch, bytes: NO_BYTES, fault, capacity: Math.min(UNREADABLE_ROWS_MAX, countOf(batch)) };
}

function wrongCount({ count }: StoredBatch): BatchFault {
  return unreadable(`does not hold the ${count} records that it claims to`);
}

/** Records that an unreadable batch is taken to have: at least one, and no more than it has offsets. */
function countOf({ baseOffset, lastOffset, count }: StoredBatch): number {
  return Math.max(1, Math.min(count, lastOffset - baseOffset + 1, UNREADABLE_RECORDS_MAX));
}

/**
 * Adds rows without key and value for an unreadable batch. Their offsets are the first of the batch, as compaction may
 * have removed any. Returns the offset after what was added: the rest of the batch follows with the next fetch.
 */
function setAside(
  into: Filled,
  batch: StoredBatch,
  { code, message }: BatchFault,
  from: number,
  unreadable: UnreadableRows[],
): number {
  const { baseOffset, lastOffset, count: claimed, appendTimeMs, baseTimestampMs, fault } = batch;
  const total = countOf(batch);
  const first = Math.max(0, from - baseOffset);
  const end = Math.min(total, first + UNREADABLE_ROWS_MAX);
  const fromRow = into.count;
  const claimedMs = appendTimeMs ?? baseTimestampMs;
  const isKnown = fault?.mayPass !== true && Math.abs(claimedMs) <= RECORD_TIME_MS_MAX;
  const timeMs = isKnown ? claimedMs : NO_TIMESTAMP;
  for (let i = first; i < end; i++) {
    const row = into.count++;
    into.offsets[row] = baseOffset + i;
    into.timestampMs[row] = timeMs;
    into.keyStarts[row] = NONE;
    into.valueStarts[row] = NONE;
  }
  const toRow = into.count;
  if (end < total) {
    unreadable.push({ from: fromRow, to: toRow, code, message });
    return baseOffset + end;
  }
  const isComplete = claimed <= total || toRow === fromRow;
  const plainTo = isComplete ? toRow : toRow - 1;
  if (plainTo > fromRow) unreadable.push({ from: fromRow, to: plainTo, code, message });
  if (!isComplete) {
    const rest = `${message}; this one stands for ${claimed - total + 1} records, up to offset ${lastOffset}`;
    unreadable.push({ from: plainTo, to: toRow, code, message: rest });
  }
  return lastOffset + 1;
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

/** Returns false, and adds nothing, unless the bytes are exactly `batch.count` records. */
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
    read.at = end;
    if (offset < from) continue;
    // A zero is the count of no headers.
    if (valueEnd < end && bytes[valueEnd] !== 0) {
      into.schemas.read(count, bytes, valueEnd, end, start);
      into.asked?.read(count, bytes, valueEnd, end, start);
    }
    offsets[count] = offset;
    timestampMs[count] = appendTimeMs ?? (Math.abs(time) <= RECORD_TIME_MS_MAX ? time : NO_TIMESTAMP);
    keyStarts[count] = keyLength < 0 ? -1 : start + keyAt;
    keyEnds[count] = start + keyEnd;
    valueStarts[count] = valueLength < 0 ? -1 : start + valueAt;
    valueEnds[count] = start + valueEnd;
    count += 1;
  }
  if (records > 0 && read.at !== bytes.length) return false;
  into.count = count;
  return true;
}
