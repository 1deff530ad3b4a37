// The record batches of one partition in a fetch response (hot path, once a batch): headers are read and checked,
// records stay bytes. Format: https://kafka.apache.org/documentation/#recordbatch, magic 2.
import { MillraceError } from '../../../core/errors.ts';
import { partitionName, type TopicPartition } from '../../../core/topic-partition.ts';
import { readInt64 } from './byte-reader.ts';
import { crc32c } from './crc32c.ts';
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

export interface StoredBatch {
  readonly baseOffset: number;
  /** Of the batch as it was written: compaction may have removed this record, or all records. */
  readonly lastOffset: number;
  readonly codec: number;
  readonly isTransactional: boolean;
  /** Whether it marks the end of a transaction of its producer. */
  readonly isControl: boolean;
  readonly producerId: bigint;
  readonly baseTimestampMs: number;
  /** The time of all records if the topic uses the broker's time; null if they have their own. */
  readonly appendTimeMs: number | null;
  readonly count: number;
  /** As received, compressed or not; a view. */
  readonly records: Buffer;
}

/**
 * The complete batches; a last one that the broker cut short is left out.
 * @throws LOG_FAILED for a wrong checksum, or a format before Kafka 0.11
 */
export function batchesOf(origin: TopicPartition, set: Buffer): StoredBatch[] {
  const batches: StoredBatch[] = [];
  let at = 0;
  while (at + BEFORE_LENGTH_BYTES <= set.length) {
    const end = at + BEFORE_LENGTH_BYTES + set.readInt32BE(at + LENGTH_AT);
    if (end > set.length) break;
    if (end <= at + MAGIC_AT) throw damaged(origin, readInt64(set, at), 'has an impossible length');
    batches.push(batchOf(origin, set.subarray(at, end)));
    at = end;
  }
  return batches;
}

function batchOf(origin: TopicPartition, bytes: Buffer): StoredBatch {
  const baseOffset = readInt64(bytes, 0);
  const magic = bytes[MAGIC_AT] as number;
  if (magic !== MAGIC) throw otherFormat(origin, baseOffset, magic);
  if (bytes.length < HEADER_BYTES) throw damaged(origin, baseOffset, 'is shorter than its header');
  if (crc32c(bytes.subarray(ATTRIBUTES_AT)) !== bytes.readUInt32BE(CRC_AT)) {
    throw damaged(origin, baseOffset, 'does not match its checksum');
  }
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
  };
}

/** The place of a batch, for error messages. */
export function placeOf(origin: TopicPartition, baseOffset: number): string {
  return `${partitionName(origin)} at offset ${baseOffset}`;
}

export function damaged(origin: TopicPartition, baseOffset: number, what: string): MillraceError {
  return new MillraceError('LOG_FAILED', `a record batch ${what}`, {
    where: placeOf(origin, baseOffset),
    remedy:
      "If this persists, the broker's copy is damaged: make another replica the leader, or continue after the batch.",
  });
}

function otherFormat(origin: TopicPartition, baseOffset: number, magic: number): MillraceError {
  return new MillraceError(
    'LOG_FAILED',
    `records of message format ${magic} cannot be read, only of format 2`,
    {
      where: placeOf(origin, baseOffset),
      remedy: 'Producers before Kafka 0.11 wrote them: continue after them, or rewrite them.',
    },
  );
}
