// Messages of producers before Kafka 0.11 (control path): brokers still return those that they stored then. They become
// batches of today's format. Source: https://kafka.apache.org/documentation/#messageset, magic 0 and 1.
import { crc32 } from 'node:zlib';
import { type BatchFault, damaged, unreadable } from './batch-fault.ts';
import { readInt64 } from './byte-reader.ts';
import { ByteWriter, varintBytes, varlongBytes } from './byte-writer.ts';
import { decompress } from './compression.ts';
import {
  BEFORE_LENGTH_BYTES,
  CODEC_MASK,
  LENGTH_AT,
  LOG_APPEND_TIME,
  MAGIC_AT,
  NO_TIMESTAMP,
} from './record-batch-format.ts';
import type { StoredBatch } from './stored-batch.ts';

const LEGACY_CRC_AT = 12;
const LEGACY_ATTRIBUTES_AT = 17;
const LEGACY_TIMESTAMP_AT = 18;
/** Offset, length, checksum, magic, attributes, and the lengths of key and value. */
const MESSAGE_BYTES_MIN = 26;

interface Message {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** One message, or the messages that it holds compressed. */
export function legacyBatch(bytes: Buffer, magic: number): StoredBatch {
  const outer = messageOf(bytes, magic);
  if (outer === null) return faulty(readInt64(bytes, 0), damaged('is shorter than its fields'));
  if (crc32(bytes.subarray(MAGIC_AT)) !== bytes.readUInt32BE(LEGACY_CRC_AT))
    return faulty(outer.offset, damaged('does not match its checksum'));
  const attributes = bytes[LEGACY_ATTRIBUTES_AT] as number;
  const appendTimeMs = (attributes & LOG_APPEND_TIME) === 0 ? null : outer.timestampMs;
  const codec = attributes & CODEC_MASK;
  if (codec === 0) return batchOf([outer], appendTimeMs);
  const set = decompress(codec, outer.value ?? Buffer.alloc(0));
  if (!Buffer.isBuffer(set)) return faulty(outer.offset, set);
  const messages = messagesOf(set, magic);
  if (messages === null) return faulty(outer.offset, unreadable('does not hold whole messages'));
  // Offsets within a message of magic 1 are relative, and its own is that of the last one.
  const shift = magic === 0 ? 0 : outer.offset - (messages.at(-1)?.offset ?? 0);
  return batchOf(
    messages.map((message) => ({ ...message, offset: message.offset + shift })),
    appendTimeMs,
  );
}

/** Null unless the bytes are whole messages, at least one. */
function messagesOf(set: Buffer, magic: number): Message[] | null {
  const messages: Message[] = [];
  for (let at = 0; at < set.length;) {
    if (at + BEFORE_LENGTH_BYTES > set.length) return null;
    const end = at + BEFORE_LENGTH_BYTES + set.readInt32BE(at + LENGTH_AT);
    const message = end > set.length || end <= at ? null : messageOf(set.subarray(at, end), magic);
    if (message === null) return null;
    messages.push(message);
    at = end;
  }
  return messages.length === 0 ? null : messages;
}

function messageOf(bytes: Buffer, magic: number): Message | null {
  if (bytes.length < MESSAGE_BYTES_MIN + (magic === 0 ? 0 : 8)) return null;
  const timestampMs = magic === 0 ? NO_TIMESTAMP : readInt64(bytes, LEGACY_TIMESTAMP_AT);
  const keyAt = magic === 0 ? LEGACY_TIMESTAMP_AT : LEGACY_TIMESTAMP_AT + 8;
  const keyEnd = fieldEnd(bytes, keyAt);
  const valueEnd = fieldEnd(bytes, keyEnd);
  if (valueEnd !== bytes.length) return null;
  const key = fieldOf(bytes, keyAt, keyEnd);
  return { offset: readInt64(bytes, 0), timestampMs, key, value: fieldOf(bytes, keyEnd, valueEnd) };
}

/** Where the field at `at` ends; past the end of the bytes if it cannot be there. */
function fieldEnd(bytes: Buffer, at: number): number {
  if (at + 4 > bytes.length) return bytes.length + 1;
  return at + 4 + Math.max(0, bytes.readInt32BE(at));
}

function fieldOf(bytes: Buffer, at: number, end: number): Buffer | null {
  return bytes.readInt32BE(at) < 0 ? null : bytes.subarray(at + 4, end);
}

function batchOf(messages: readonly Message[], appendTimeMs: number | null): StoredBatch {
  const first = messages[0] as Message; // there is at least one
  const out = new ByteWriter();
  for (const { offset, timestampMs, key, value } of messages) {
    const delta = offset - first.offset;
    const timeDelta = timestampMs - first.timestampMs;
    const keyBytes = key?.length ?? -1;
    const valueBytes = value?.length ?? -1;
    const fields = [delta, keyBytes, valueBytes].reduce((sum, field) => sum + varintBytes(field), 0);
    const bytes = 2 + varlongBytes(timeDelta) + fields + (key?.length ?? 0) + (value?.length ?? 0);
    out.reserve(bytes + 10);
    out.varint(bytes);
    out.int8(0);
    out.varlong(timeDelta);
    out.varint(delta);
    out.varint(keyBytes);
    if (key !== null) out.bytes(key);
    out.varint(valueBytes);
    if (value !== null) out.bytes(value);
    out.varint(0); // headers
  }
  return {
    ...EMPTY,
    baseOffset: first.offset,
    lastOffset: (messages.at(-1) ?? first).offset,
    baseTimestampMs: first.timestampMs,
    appendTimeMs,
    count: messages.length,
    records: out.view(),
  };
}

/** How many messages a compressed one holds is unknown unless it can be decompressed: it counts as one. */
function faulty(offset: number, fault: BatchFault): StoredBatch {
  return { ...EMPTY, baseOffset: offset, lastOffset: offset, count: 1, fault };
}

const EMPTY = {
  codec: 0,
  isTransactional: false,
  isControl: false,
  producerId: -1n,
  baseTimestampMs: NO_TIMESTAMP,
  appendTimeMs: null,
  records: Buffer.alloc(0),
  fault: null,
} as const;
