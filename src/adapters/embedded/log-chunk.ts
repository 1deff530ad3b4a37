// A run of records of one partition (hot path): what is appended, stored and handed to readers, whole and by reference.
import { MillraceError } from '../../core/errors.ts';

/** Arrays have one entry a record. Offsets ascend; compaction may have left gaps between them. */
export interface Chunk {
  readonly baseOffset: number;
  /** The offset after the last record that was ever in here. */
  readonly endOffset: number;
  readonly offsets: Float64Array;
  readonly timestampMs: Float64Array;
  readonly keys: ReadonlyArray<Buffer | null>;
  readonly values: ReadonlyArray<Buffer | null>;
}

/** A chunk of consecutive offsets. */
export function chunkOf(
  baseOffset: number,
  timestampMs: Float64Array,
  keys: ReadonlyArray<Buffer | null>,
  values: ReadonlyArray<Buffer | null>,
): Chunk {
  const count = timestampMs.length;
  const offsets = new Float64Array(count);
  for (let i = 0; i < count; i++) offsets[i] = baseOffset + i;
  return { baseOffset, endOffset: baseOffset + count, offsets, timestampMs, keys, values };
}

/** The part of a chunk in [from, to); the chunk itself where that is all of it. */
export function chunkBetween(chunk: Chunk, from: number, to: number): Chunk {
  const first = indexOfOffset(chunk.offsets, from);
  const end = indexOfOffset(chunk.offsets, to);
  if (first === 0 && end === chunk.offsets.length && to >= chunk.endOffset) return chunk;
  return {
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
  let count = 0;
  for (const chunk of chunks) count += chunk.offsets.length;
  const offsets = new Float64Array(count);
  const timestampMs = new Float64Array(count);
  const keys: Array<Buffer | null> = [];
  const values: Array<Buffer | null> = [];
  let at = 0;
  for (const chunk of chunks) {
    offsets.set(chunk.offsets, at);
    timestampMs.set(chunk.timestampMs, at);
    at += chunk.offsets.length;
    for (const key of chunk.keys) keys.push(key);
    for (const value of chunk.values) values.push(value);
  }
  return { baseOffset: first.baseOffset, endOffset: last.endOffset, offsets, timestampMs, keys, values };
}

/** Index of the first offset that is `offset` or more. */
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

const HEADER_BYTES = 8;
const ROW_BYTES = 20;
const FORMAT = 1;

/**
 * One blob a chunk: uint32 format, uint32 count, then a row (float64 timestamp, uint32 offset - base, int32 key length,
 * int32 value length; -1 is null) for each record, then the bytes of keys and values in turn. Little-endian.
 */
export function packChunk(chunk: Chunk): Buffer {
  const count = chunk.offsets.length;
  const heads = Buffer.allocUnsafe(HEADER_BYTES + count * ROW_BYTES);
  heads.writeUInt32LE(FORMAT, 0);
  heads.writeUInt32LE(count, 4);
  const parts: Buffer[] = [heads];
  let at = HEADER_BYTES;
  for (let i = 0; i < count; i++) {
    const key = chunk.keys[i] ?? null;
    const value = chunk.values[i] ?? null;
    heads.writeDoubleLE(chunk.timestampMs[i] as number, at);
    heads.writeUInt32LE((chunk.offsets[i] as number) - chunk.baseOffset, at + 8);
    heads.writeInt32LE(key === null ? -1 : key.length, at + 12);
    heads.writeInt32LE(value === null ? -1 : value.length, at + 16);
    at += ROW_BYTES;
    if (key !== null) parts.push(key);
    if (value !== null) parts.push(value);
  }
  return Buffer.concat(parts);
}

/** The inverse of packChunk; keys and values are views of `blob`. Throws DATA_INVALID. */
export function unpackChunk(baseOffset: number, endOffset: number, blob: Buffer): Chunk {
  if (blob.length < HEADER_BYTES || blob.readUInt32LE(0) !== FORMAT) throw damaged(baseOffset);
  const count = blob.readUInt32LE(4);
  let at = HEADER_BYTES + count * ROW_BYTES;
  if (at > blob.length) throw damaged(baseOffset);
  const offsets = new Float64Array(count);
  const timestampMs = new Float64Array(count);
  const keys: Array<Buffer | null> = [];
  const values: Array<Buffer | null> = [];
  for (let i = 0; i < count; i++) {
    const head = HEADER_BYTES + i * ROW_BYTES;
    timestampMs[i] = blob.readDoubleLE(head);
    offsets[i] = baseOffset + blob.readUInt32LE(head + 8);
    const keyLength = blob.readInt32LE(head + 12);
    const valueLength = blob.readInt32LE(head + 16);
    keys.push(keyLength < 0 ? null : blob.subarray(at, at + keyLength));
    at += Math.max(0, keyLength);
    values.push(valueLength < 0 ? null : blob.subarray(at, at + valueLength));
    at += Math.max(0, valueLength);
  }
  if (at !== blob.length) throw damaged(baseOffset);
  return { baseOffset, endOffset, offsets, timestampMs, keys, values };
}

function damaged(baseOffset: number): MillraceError {
  return new MillraceError('DATA_INVALID', 'a stored chunk of the embedded log is damaged', {
    where: `chunk at offset ${baseOffset}`,
    mend: 'Restore the file from a copy, or delete it to start with an empty log.',
  });
}
