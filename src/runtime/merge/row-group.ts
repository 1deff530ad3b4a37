// A row group: events of one partition of a source that go to one partition of a merged topic, with how far their task has
// come, as one record of the topic before the merge (hot path, once an epoch; the rows are written in place).
import { crc32 } from 'node:zlib';
import { ByteColumn } from '../../core/byte-column.ts';
import { isPlace, offsetOfPlace } from '../../core/place.ts';
import { isEventTime } from '../../core/time.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { RecordFault } from '../../ports/quarantine.ts';
import { MARK_BYTES_MAX } from './marked-topic.ts';

/** How far a task has come in its partition. */
export interface Progress {
  /** Everything before it is in this group or an earlier one. */
  readonly offsetNext: number;
  /** The watermark there, event time, ms: that of every later row is at least as high. -Infinity before the first event. */
  readonly watermarkMs: number;
}

/** Rows in offset order. The arrays have one entry per row. */
export interface GroupRows {
  /** Places in the source: those of items lie between two offsets. */
  readonly offsets: Float64Array;
  /** The watermark of the source's partition at the row; it never falls. */
  readonly watermarksMs: Float64Array;
  /** Of the records of the source, ms. */
  readonly timestampMs: Float64Array;
  readonly keys: ByteColumn;
  readonly values: ByteColumn;
}

export interface RowGroup extends GroupRows, Progress {
  /** With the mark of its topic. */
  readonly source: TopicPartition;
}

const FORMAT = 1;
const CHECKSUM_AT = 4;
const OFFSET_NEXT_AT = 8;
const WATERMARK_AT = 16;
const COUNT_AT = 24;
const PARTITION_AT = 28;
const TOPIC_LENGTH_AT = 32;
const HEAD_BYTES = 36;
const ROW_BYTES = 32;
/** The longest name of a topic, with its mark. */
const TOPIC_BYTES_MAX = 249 + MARK_BYTES_MAX;

/** Of a group besides its rows' keys and values. */
export const GROUP_BYTES: number = HEAD_BYTES + TOPIC_BYTES_MAX;
/** Of a row besides its key and its value. */
export const GROUP_ROW_BYTES: number = ROW_BYTES;

/**
 * Writes a group: uint32 format, uint32 CRC-32 of what follows, float64 offset after the group, float64 watermark, uint32
 * count, uint32 partition, uint32 length of the topic, the topic; a row (float64 offset, float64 watermark, float64 timestamp,
 * int32 key length, int32 value length; -1 is null) for each event, then keys and values alternately. Little-endian.
 */
export class GroupWriter {
  readonly #bytes: Buffer;
  #row: number;
  #end: number;
  #lastOffset = -1;
  #lastWatermarkMs = Number.NEGATIVE_INFINITY;

  /** @param rowBytes of the keys and values of all rows */
  constructor({ topic, partition }: TopicPartition, count: number, rowBytes: number) {
    const topicBytes = Buffer.from(topic);
    this.#row = HEAD_BYTES + topicBytes.length;
    this.#end = this.#row + count * ROW_BYTES;
    const bytes = Buffer.allocUnsafe(this.#end + rowBytes);
    bytes.writeUInt32LE(FORMAT, 0);
    bytes.writeUInt32LE(count, COUNT_AT);
    bytes.writeUInt32LE(partition, PARTITION_AT);
    bytes.writeUInt32LE(topicBytes.length, TOPIC_LENGTH_AT);
    topicBytes.copy(bytes, HEAD_BYTES);
    this.#bytes = bytes;
  }

  /** Adds row `key` of `keys` and row `value` of `values`. */
  add(
    offset: number,
    watermarkMs: number,
    timestampMs: number,
    keys: ByteColumn,
    key: number,
    values: ByteColumn,
    value: number,
  ): void {
    const bytes = this.#bytes;
    const at = this.#row;
    bytes.writeDoubleLE(offset, at);
    bytes.writeDoubleLE(watermarkMs, at + 8);
    bytes.writeDoubleLE(timestampMs, at + 16);
    bytes.writeInt32LE(this.#copy(keys, key), at + 24);
    bytes.writeInt32LE(this.#copy(values, value), at + 28);
    this.#row = at + ROW_BYTES;
    this.#lastOffset = offset;
    this.#lastWatermarkMs = watermarkMs;
  }

  /** Returns the length; -1 for a missing value. */
  #copy({ bytes, starts, ends }: ByteColumn, row: number): number {
    const start = starts[row] as number;
    if (start < 0) return -1;
    const from = this.#end;
    this.#end += bytes.copy(this.#bytes, from, start, ends[row]);
    return this.#end - from;
  }

  /** @param progress by default up to the last row: if that is an item's, more of its event may follow in the next group */
  finish(
    progress: Progress = {
      offsetNext: nextAfter(this.#lastOffset),
      watermarkMs: this.#lastWatermarkMs,
    },
  ): Buffer {
    const bytes = this.#bytes;
    bytes.writeDoubleLE(progress.offsetNext, OFFSET_NEXT_AT);
    bytes.writeDoubleLE(progress.watermarkMs, WATERMARK_AT);
    bytes.writeUInt32LE(crc32(bytes.subarray(OFFSET_NEXT_AT)), CHECKSUM_AT);
    return bytes;
  }
}

function fault(reason: RecordFault['reason'], detail: string): RecordFault {
  return { reason, detail };
}

/** Reads what GroupWriter wrote; its rows are views of `bytes`. */
export function readGroup(bytes: Buffer): RowGroup | RecordFault {
  if (bytes.length < HEAD_BYTES) return fault('malformed', 'it is no row group: it is too short');
  const format = bytes.readUInt32LE(0);
  if (format !== FORMAT) return fault('version', `it is no row group of format ${FORMAT}`);
  if (bytes.readUInt32LE(CHECKSUM_AT) !== crc32(bytes.subarray(OFFSET_NEXT_AT)))
    return fault('malformed', 'its checksum does not verify');
  const count = bytes.readUInt32LE(COUNT_AT);
  const topicBytes = bytes.readUInt32LE(TOPIC_LENGTH_AT);
  const head = HEAD_BYTES + topicBytes;
  if (topicBytes > TOPIC_BYTES_MAX || head + count * ROW_BYTES > bytes.length)
    return fault('malformed', 'its rows do not fit in it');
  const source = {
    topic: bytes.toString('utf8', HEAD_BYTES, head),
    partition: bytes.readUInt32LE(PARTITION_AT),
  };
  const offsetNext = bytes.readDoubleLE(OFFSET_NEXT_AT);
  const watermarkMs = bytes.readDoubleLE(WATERMARK_AT);
  const rows = readRows(bytes, head, count);
  if (rows === null) return fault('malformed', 'its rows do not fit in it');
  if (!isOrdered(rows, offsetNext, watermarkMs)) return fault('range', 'its rows are not in order');
  return { source, offsetNext, watermarkMs, ...rows };
}

/** Null if the lengths are not those of the bytes. */
function readRows(bytes: Buffer, head: number, count: number): GroupRows | null {
  const offsets = new Float64Array(count);
  const watermarksMs = new Float64Array(count);
  const timestampMs = new Float64Array(count);
  const keys = new ByteColumn(bytes, new Int32Array(count), new Int32Array(count));
  const values = new ByteColumn(bytes, new Int32Array(count), new Int32Array(count));
  let end = head + count * ROW_BYTES;
  for (let i = 0; i < count; i++) {
    const at = head + i * ROW_BYTES;
    offsets[i] = bytes.readDoubleLE(at);
    watermarksMs[i] = bytes.readDoubleLE(at + 8);
    timestampMs[i] = bytes.readDoubleLE(at + 16);
    end = place(keys, i, bytes.readInt32LE(at + 24), end);
    end = place(values, i, bytes.readInt32LE(at + 28), end);
    if (end > bytes.length) return null;
  }
  return end === bytes.length ? { offsets, watermarksMs, timestampMs, keys, values } : null;
}

/** Returns the end of the row's bytes. */
function place({ starts, ends }: ByteColumn, row: number, length: number, at: number): number {
  starts[row] = length < 0 ? -1 : at;
  return (ends[row] = at + Math.max(0, length));
}

function isOrdered({ offsets, watermarksMs }: GroupRows, offsetNext: number, watermarkMs: number): boolean {
  if (!Number.isSafeInteger(offsetNext) || offsetNext < 0) return false;
  if (watermarkMs !== Number.NEGATIVE_INFINITY && !isEventTime(watermarkMs)) return false;
  let offset = -1;
  let atMs = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < offsets.length; i++) {
    const nextOffset = offsets[i] as number;
    const nextMs = watermarksMs[i] as number;
    if (!isPlace(nextOffset) || nextOffset <= offset) return false;
    if (!isEventTime(nextMs) || nextMs < atMs) return false;
    offset = nextOffset;
    atMs = nextMs;
  }
  return nextAfter(offset) <= offsetNext && atMs <= watermarkMs;
}

/** Everything before it is known to be there with this row. */
function nextAfter(place: number): number {
  return Number.isInteger(place) ? place + 1 : offsetOfPlace(place);
}
