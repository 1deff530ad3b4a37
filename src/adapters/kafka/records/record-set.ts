// The record batches of one partition in a fetch response (hot path, once a batch): headers are read and checked,
// records stay bytes. Format: https://kafka.apache.org/documentation/#recordbatch, magic 2.
import { type BatchFault, damaged } from './batch-fault.ts';
import { readInt64 } from './byte-reader.ts';
import { crc32c } from './crc32c.ts';
import { legacyBatch } from './legacy-messages.ts';
import {
  ATTRIBUTES_AT,
  BASE_TIMESTAMP_AT,
  BEFORE_LENGTH_BYTES,
  CODEC_MASK,
  CONTROL,
  COUNT_AT,
  CRC_AT,
  HEADER_BYTES,
  LAST_OFFSET_DELTA_AT,
  LENGTH_AT,
  LOG_APPEND_TIME,
  MAGIC,
  MAGIC_AT,
  MAX_TIMESTAMP_AT,
  PRODUCER_ID_AT,
  TRANSACTIONAL,
} from './record-batch-format.ts';
import type { StoredBatch } from './stored-batch.ts';

/** The complete batches; a last one that the broker cut short is left out. Nothing follows one of an impossible length. */
export function batchesOf(set: Buffer): StoredBatch[] {
  const batches: StoredBatch[] = [];
  let at = 0;
  while (at + BEFORE_LENGTH_BYTES <= set.length) {
    const end = at + BEFORE_LENGTH_BYTES + set.readInt32BE(at + LENGTH_AT);
    if (end > set.length) break;
    if (end <= at + MAGIC_AT) {
      batches.push(brokenBatch(set.subarray(at), 'has an impossible length'));
      break;
    }
    batches.push(batchOf(set.subarray(at, end)));
    at = end;
  }
  return batches;
}

function batchOf(bytes: Buffer): StoredBatch {
  const magic = bytes[MAGIC_AT] as number;
  if (magic < MAGIC) return legacyBatch(bytes, magic);
  if (magic > MAGIC) return brokenBatch(bytes, `has an unknown message format, number ${magic}`);
  if (bytes.length < HEADER_BYTES) return brokenBatch(bytes, 'is shorter than its header');
  if (crc32c(bytes.subarray(ATTRIBUTES_AT)) !== bytes.readUInt32BE(CRC_AT))
    return brokenBatch(bytes, 'does not match its checksum');
  return headed(bytes, null);
}

/** A batch whose bytes are not what was sent, with what can be known of it: its header may be wrong as well. */
export function brokenBatch(bytes: Buffer, what: string): StoredBatch {
  const header = Buffer.alloc(HEADER_BYTES); // what is missing of it reads as zero
  bytes.copy(header, 0, 0, HEADER_BYTES);
  return headed(header, damaged(what));
}

function headed(bytes: Buffer, fault: BatchFault | null): StoredBatch {
  const baseOffset = readInt64(bytes, 0);
  const attributes = bytes.readInt16BE(ATTRIBUTES_AT);
  return {
    baseOffset,
    lastOffset: baseOffset + bytes.readInt32BE(LAST_OFFSET_DELTA_AT),
    codec: attributes & CODEC_MASK,
    isTransactional: (attributes & TRANSACTIONAL) !== 0,
    isControl: (attributes & CONTROL) !== 0,
    producerId: bytes.readBigInt64BE(PRODUCER_ID_AT),
    baseTimestampMs: readInt64(bytes, BASE_TIMESTAMP_AT),
    appendTimeMs: (attributes & LOG_APPEND_TIME) === 0 ? null : readInt64(bytes, MAX_TIMESTAMP_AT),
    count: bytes.readInt32BE(COUNT_AT),
    records: bytes.subarray(HEADER_BYTES),
    fault,
  };
}
