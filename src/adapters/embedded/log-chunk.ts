// Consecutive records of one partition (hot path): the unit that is appended, stored and passed to readers, by reference.
import { crc32 } from 'node:zlib';
import { ByteColumn } from '../../core/byte-column.ts';

/** Arrays have one entry per record. Offsets ascend; compaction may have left gaps between them. */
export interface Chunk {
  readonly baseOffset: number;
  /** The offset after the last record that was ever in the chunk. */
  readonly endOffset: number;
  readonly offsets: Float64Array;
  readonly timestampMs: Float64Array;
  readonly keys: ByteColumn;
  readonly values: ByteColumn;
  /** Why the bytes of the records cannot be had; left out for a sound chunk. */
  readonly fault?: string;
}

/** A chunk of consecutive offsets. */
export function chunkOf(
  baseOffset: number,
  timestampMs: Float64Array,
  keys: ByteColumn,
  values: ByteColumn,
): Chunk {
  const count = timestampMs.length;
  const offsets = new Float64Array(count);
  for (let i = 0; i < count; i++) offsets[i] = baseOffset + i;
  return { baseOffset, endOffset: baseOffset + count, offsets, timestampMs, keys, values };
}

/**
 * A chunk to keep: with arrays of its own where those that it came with hold more than twice as much. A view of a few bytes
 * keeps a pool of 8 KiB, or all that an encoder has room for.
 */
export function compacted(chunk: Chunk): Chunk {
  const { timestampMs, keys, values } = chunk;
  const arrays = [timestampMs, ...[keys, values].flatMap(({ bytes, starts, ends }) => [bytes, starts, ends])];
  const buffers = new Set(arrays.map(({ buffer }) => buffer));
  const room = [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
  const numbers = timestampMs.byteLength + 2 * (keys.starts.byteLength + values.starts.byteLength);
  if (room <= 2 * (numbers + keys.byteLength + values.byteLength)) return chunk;
  return {
    ...chunk,
    timestampMs: timestampMs.slice(),
    keys: keys.compact(),
    values: values.compact(),
  };
}

/** The part of a chunk in [from, to); the chunk itself if that is all of it. */
export function chunkBetween(chunk: Chunk, from: number, to: number): Chunk {
  const first = indexOfOffset(chunk.offsets, from);
  const end = indexOfOffset(chunk.offsets, to);
  if (first === 0 && end === chunk.offsets.length && to >= chunk.endOffset) return chunk;
  return {
    ...chunk,
    baseOffset: Math.max(from, chunk.baseOffset),
    endOffset: Math.min(to, chunk.endOffset),
    offsets: chunk.offsets.subarray(first, end),
    timestampMs: chunk.timestampMs.subarray(first, end),
    keys: chunk.keys.slice(first, end),
    values: chunk.values.slice(first, end),
  };
}

/** Several chunks as one. */
export function concatChunks(chunks: readonly Chunk[]): Chunk {
  const first = chunks[0];
  const last = chunks.at(-1);
  if (first === undefined || last === undefined) throw new RangeError('no chunks to join');
  if (first === last) return first;
  const offsets = concatNumbers(chunks.map((chunk) => chunk.offsets));
  const timestampMs = concatNumbers(chunks.map((chunk) => chunk.timestampMs));
  const keys = ByteColumn.concat(chunks.map((chunk) => chunk.keys));
  const values = ByteColumn.concat(chunks.map((chunk) => chunk.values));
  return { baseOffset: first.baseOffset, endOffset: last.endOffset, offsets, timestampMs, keys, values };
}

/** The concatenation of the arrays. */
export function concatNumbers(parts: readonly Float64Array[]): Float64Array {
  const joined = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Index of the first offset that is at least `offset`. */
function indexOfOffset(offsets: Float64Array, offset: number): number {
  let low = 0;
  let high = offsets.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((offsets[middle] as number) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Of the formats: before the rows. Format 1, of 0.1.0, had no checksum. */
const HEADER_BYTES: ReadonlyMap<number, number> = new Map([
  [1, 8],
  [2, 12],
]);
const ROW_BYTES = 20;
const FORMAT = 2;
const FORMAT_HEADER_BYTES = 12;
const CHECKSUM_AT = 8;

/** Records of a damaged chunk that are listed one by one: more than a commit writes. Beyond that its numbers are damaged. */
const DAMAGED_ROWS_MAX = 1_048_576;

/**
 * One blob per chunk: uint32 format, uint32 count, uint32 CRC-32 of all after it from the base offset on, then a row (float64 timestamp, uint32 offset - base, int32 key length,
 * int32 value length; -1 is null) for each record, then the bytes of keys and values alternately. Little-endian.
 */
export function packChunk({ baseOffset, offsets, timestampMs, keys, values }: Chunk): Buffer {
  const count = offsets.length;
  const headBytes = FORMAT_HEADER_BYTES + count * ROW_BYTES;
  const blob = Buffer.allocUnsafe(headBytes + keys.byteLength + values.byteLength);
  blob.writeUInt32LE(FORMAT, 0);
  blob.writeUInt32LE(count, 4);
  let at = headBytes;
  for (let i = 0; i < count; i++) {
    const head = FORMAT_HEADER_BYTES + i * ROW_BYTES;
    blob.writeDoubleLE(timestampMs[i] as number, head);
    blob.writeUInt32LE((offsets[i] as number) - baseOffset, head + 8);
    at = pack(keys, i, blob, head + 12, at);
    at = pack(values, i, blob, head + 16, at);
  }
  blob.writeUInt32LE(checksumOf(baseOffset, blob), CHECKSUM_AT);
  return blob;
}

/** Of the base offset and everything after the checksum: a chunk does not verify in another place. */
function checksumOf(baseOffset: number, blob: Buffer): number {
  return crc32(blob.subarray(FORMAT_HEADER_BYTES), baseOffset >>> 0);
}

/** Writes a row's length and bytes. Returns the end of the bytes. */
function pack(
  { bytes, starts, ends }: ByteColumn,
  row: number,
  into: Buffer,
  lengthAt: number,
  at: number,
): number {
  const from = starts[row] as number;
  const length = from < 0 ? -1 : (ends[row] as number) - from;
  into.writeInt32LE(length, lengthAt);
  if (length <= 0) return at;
  return at + bytes.copy(into, at, from, from + length);
}

/** The inverse of packChunk; keys and values are views of `blob`. Null if it is damaged. */
export function unpackChunk(baseOffset: number, endOffset: number, blob: Buffer): Chunk | null {
  if (blob.length < FORMAT_HEADER_BYTES) return null;
  const format = blob.readUInt32LE(0);
  const headerBytes = HEADER_BYTES.get(format);
  if (headerBytes === undefined) return null;
  if (format === FORMAT && blob.readUInt32LE(CHECKSUM_AT) !== checksumOf(baseOffset, blob)) return null;
  const count = blob.readUInt32LE(4);
  const begin = headerBytes + count * ROW_BYTES;
  if (begin > blob.length || count > endOffset - baseOffset) return null;
  const offsets = new Float64Array(count);
  const timestampMs = new Float64Array(count);
  const keys = new ByteColumn(blob, new Int32Array(count), new Int32Array(count));
  const values = new ByteColumn(blob, new Int32Array(count), new Int32Array(count));
  let at = begin;
  for (let i = 0; i < count; i++) {
    const head = headerBytes + i * ROW_BYTES;
    timestampMs[i] = blob.readDoubleLE(head);
    offsets[i] = baseOffset + blob.readUInt32LE(head + 8);
    at = place(keys, i, blob.readInt32LE(head + 12), at);
    at = place(values, i, blob.readInt32LE(head + 16), at);
    if (at > blob.length) return null;
  }
  return at === blob.length ? { baseOffset, endOffset, offsets, timestampMs, keys, values } : null;
}

/** Records the place of a row's bytes. Returns their end. */
function place({ starts, ends }: ByteColumn, row: number, length: number, at: number): number {
  starts[row] = length < 0 ? -1 : at;
  return (ends[row] = at + Math.max(0, length));
}

/** A chunk whose bytes are damaged: its offsets, without keys and values. */
export function damagedChunk(baseOffset: number, endOffset: number, timestampMs: number): Chunk {
  const span = endOffset - baseOffset;
  const count = span >= 0 && span <= DAMAGED_ROWS_MAX ? span : 0;
  const none = Array.from({ length: count }, () => null);
  const times = new Float64Array(count).fill(timestampMs);
  const chunk = chunkOf(baseOffset, times, ByteColumn.of(none), ByteColumn.of(none));
  return { ...chunk, endOffset, fault: 'the chunk of the embedded log that holds it is damaged' };
}
