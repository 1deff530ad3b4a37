// A record batch while it is filled (hot path): bytes only, no object per record.
// Format: https://kafka.apache.org/documentation/#recordbatch, magic 2.
import { RECORD_TIME_MS_MAX } from '../../../core/event-limits.ts';
import type { LogRecord, RecordBlock } from '../../../ports/event-log.ts';
import { ByteWriter, varintBytes, varlongBytes } from './byte-writer.ts';
import { crc32c } from './crc32c.ts';
import {
  ATTRIBUTES_AT,
  BASE_SEQUENCE_AT,
  BASE_TIMESTAMP_AT,
  BEFORE_LENGTH_BYTES,
  COUNT_AT,
  CRC_AT,
  HEADER_BYTES,
  LAST_OFFSET_DELTA_AT,
  LEADER_EPOCH_AT,
  LENGTH_AT,
  MAGIC,
  MAGIC_AT,
  MAX_TIMESTAMP_AT,
  NO_TIMESTAMP,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  TRANSACTIONAL,
} from './record-batch-format.ts';

/** The sender of a batch, and the sequence number of its first record among the producer's records of the partition. */
export interface BatchProducer {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly sequence: number;
  readonly isTransactional: boolean;
}

/** The times that a topic accepts, ms. */
export interface RecordTimes {
  readonly earliestMs: number;
  readonly latestMs: number;
}

export const ANY_TIME: RecordTimes = {
  earliestMs: Number.NEGATIVE_INFINITY,
  latestMs: Number.POSITIVE_INFINITY,
};

/** Attributes, offset delta, lengths of key and value, number of headers, and the record's own length. */
const RECORD_BYTES_MAX = 1 + 10 + 5 * 5;

export class RecordBatch {
  readonly #out: ByteWriter;
  #count = 0;
  #firstMs = 0;
  #lastMs = Number.NEGATIVE_INFINITY;
  /** Before the newest record. */
  #before = { bytes: 0, lastMs: Number.NEGATIVE_INFINITY };
  times: RecordTimes = ANY_TIME;

  /** @param memory of a batch that has been sent, for reuse */
  constructor(memory: ByteWriter = new ByteWriter()) {
    this.#out = memory;
    memory.clear();
    memory.skip(HEADER_BYTES);
  }

  get memory(): ByteWriter {
    return this.#out;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#out.length;
  }

  append({ key, value, timestampMs, headers }: LogRecord): void {
    const head = headers === undefined ? NO_HEADERS : encodeHeaders(headers);
    const keyBytes = key === null ? -1 : key.length;
    const valueBytes = value === null ? -1 : value.length;
    const out = this.#begin(timestampMs, keyBytes, valueBytes, head.length);
    out.varint(keyBytes);
    if (key !== null) out.bytes(key);
    out.varint(valueBytes);
    if (value !== null) out.bytes(value);
    out.bytes(head);
  }

  /** @param name of the block's header; null if it has none */
  appendRow({ timestampMs, keys, values, header }: RecordBlock, row: number, name: Buffer | null): void {
    const keyAt = keys.starts[row] as number;
    const keyEnd = keys.ends[row] as number;
    const valueAt = values.starts[row] as number;
    const valueEnd = values.ends[row] as number;
    const keyBytes = keyAt < 0 ? -1 : keyEnd - keyAt;
    const valueBytes = valueAt < 0 ? -1 : valueEnd - valueAt;
    const headAt = header?.values.starts[row] ?? 0;
    const headEnd = header?.values.ends[row] ?? 0;
    const headBytes = name === null ? NO_HEADERS.length : headerBytes(name.length, headEnd - headAt);
    const out = this.#begin(timestampMs[row] as number, keyBytes, valueBytes, headBytes);
    out.varint(keyBytes);
    if (keyBytes > 0) out.part(keys.bytes, keyAt, keyEnd);
    out.varint(valueBytes);
    if (valueBytes > 0) out.part(values.bytes, valueAt, valueEnd);
    if (name === null || header === undefined) return out.varint(0);
    out.varint(1);
    out.varint(name.length);
    out.part(name, 0, name.length);
    out.varint(headEnd - headAt);
    out.part(header.values.bytes, headAt, headEnd);
  }

  #timeOf(timestampMs: number): number {
    if (!(Math.abs(timestampMs) <= RECORD_TIME_MS_MAX)) return NO_TIMESTAMP;
    const { earliestMs, latestMs } = this.times;
    if (timestampMs > latestMs) return latestMs;
    return Math.floor(timestampMs < earliestMs ? earliestMs : timestampMs);
  }

  /** Takes back the record that was appended last, once. */
  removeNewest(): void {
    this.#out.truncate(this.#before.bytes);
    this.#lastMs = this.#before.lastMs;
    this.#count -= 1;
  }

  /** Writes a record up to its key, and reserves room for the rest of it. */
  #begin(timestampMs: number, keyBytes: number, valueBytes: number, headBytes: number): ByteWriter {
    this.#before.bytes = this.#out.length;
    this.#before.lastMs = this.#lastMs;
    const timeMs = this.#timeOf(timestampMs);
    if (this.#count === 0) this.#firstMs = timeMs;
    if (timeMs > this.#lastMs) this.#lastMs = timeMs;
    const delta = timeMs - this.#firstMs;
    const bytes =
      1 +
      varlongBytes(delta) +
      varintBytes(this.#count) +
      varintBytes(keyBytes) +
      varintBytes(valueBytes) +
      Math.max(0, keyBytes) +
      Math.max(0, valueBytes) +
      headBytes;
    const out = this.#out;
    out.reserve(bytes + RECORD_BYTES_MAX);
    out.varint(bytes);
    out.int8(0);
    out.varlong(delta);
    out.varint(this.#count);
    this.#count += 1;
    return out;
  }

  /** The complete batch; valid until its memory is reused. May be called again for a retry. */
  finish({ producerId, producerEpoch, sequence, isTransactional }: BatchProducer): Buffer {
    const out = this.#out;
    out.int64At(0, 0);
    out.int32At(LENGTH_AT, out.length - BEFORE_LENGTH_BYTES);
    const bytes = out.view();
    bytes.writeInt32BE(-1, LEADER_EPOCH_AT); // the broker sets it
    bytes.writeInt8(MAGIC, MAGIC_AT);
    bytes.writeInt16BE(isTransactional ? TRANSACTIONAL : 0, ATTRIBUTES_AT);
    out.int32At(LAST_OFFSET_DELTA_AT, this.#count - 1);
    out.int64At(BASE_TIMESTAMP_AT, this.#firstMs);
    out.int64At(MAX_TIMESTAMP_AT, this.#lastMs);
    bytes.writeBigInt64BE(producerId, PRODUCER_ID_AT);
    bytes.writeInt16BE(producerEpoch, PRODUCER_EPOCH_AT);
    out.int32At(BASE_SEQUENCE_AT, sequence);
    out.int32At(COUNT_AT, this.#count);
    out.uint32At(CRC_AT, crc32c(bytes.subarray(ATTRIBUTES_AT)));
    return bytes;
  }
}

const NO_HEADERS = Uint8Array.of(0);

/** The size of one header with the count of headers. */
function headerBytes(nameBytes: number, valueBytes: number): number {
  return varintBytes(1) + varintBytes(nameBytes) + nameBytes + varintBytes(valueBytes) + valueBytes;
}

function encodeHeaders(headers: Readonly<Record<string, string>>): Uint8Array {
  const out = new ByteWriter();
  const entries = Object.entries(headers).flatMap((entry) => entry.map((text) => Buffer.from(text)));
  out.reserve(5 + entries.reduce((sum, { length }) => sum + length + 5, 0));
  out.varint(entries.length / 2);
  for (const bytes of entries) {
    out.varint(bytes.length);
    out.bytes(bytes);
  }
  return out.view();
}
