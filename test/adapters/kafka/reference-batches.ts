// Record batches and answers from other encoders: kafkajs's, which shares nothing with ours, and zlib.
import { createRequire } from 'node:module';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import type { FetchedPartition } from '../../../src/adapters/kafka/wire/fetch-request.ts';
import type { RawBatch } from '../../../src/core/batch.ts';

interface Encoded {
  readonly buffer: Buffer;
}

// kafkajs neither exports nor types these.
const require = createRequire(import.meta.url);
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0/index.js') as {
  RecordBatch: (input: object) => Promise<Encoded>;
};
const encodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0/index.js') as (
  input: object,
) => Encoded;
const crcOf = require('kafkajs/src/protocol/recordBatch/crc32C/index.js') as (bytes: Buffer) => number;

export interface ReferenceRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestampMs: number;
  /** From the batch's first offset. */
  readonly offsetDelta: number;
  readonly headers: Readonly<Record<string, string | Buffer | ReadonlyArray<string | Buffer>>>;
}

export const CODECS = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;

export interface ReferenceBatch {
  readonly baseOffset: number;
  readonly lastOffsetDelta: number;
  readonly records: readonly ReferenceRecord[];
  readonly codec?: keyof typeof CODECS;
  readonly producerId?: number;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  readonly appendTimeMs?: number;
}

const HEADER_BYTES = 61;

export async function encodeBatch(batch: ReferenceBatch): Promise<Buffer> {
  const { baseOffset, lastOffsetDelta, records, codec = 'none', producerId = -1, appendTimeMs } = batch;
  const firstMs = records[0]?.timestampMs ?? 0;
  const { buffer } = await RecordBatch({
    firstOffset: baseOffset,
    firstTimestamp: firstMs,
    maxTimestamp: appendTimeMs ?? Math.max(firstMs, ...records.map(({ timestampMs }) => timestampMs)),
    lastOffsetDelta,
    producerId,
    transactional: batch.isTransactional ?? false,
    records: records.map(({ timestampMs, ...record }) =>
      encodeRecord({ ...record, timestampDelta: timestampMs - firstMs }),
    ),
  });
  const body = buffer.subarray(HEADER_BYTES);
  const squeezed = codec === 'gzip' ? gzipSync(body) : codec === 'zstd' ? zstdCompressSync(body) : body;
  const bytes = Buffer.concat([buffer.subarray(0, HEADER_BYTES), squeezed]);
  const more =
    CODECS[codec] | (appendTimeMs === undefined ? 0 : 0x08) | (batch.isControl === true ? 0x20 : 0);
  bytes.writeInt16BE(bytes.readInt16BE(21) | more, 21);
  return sealed(bytes);
}

/** The bytes with their length and checksum. */
export function sealed(bytes: Buffer): Buffer {
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt32BE(crcOf(bytes.subarray(21)) | 0, 17);
  return bytes;
}

export function plain(value: string, offsetDelta = 0, timestampMs = 7): ReferenceRecord {
  return { key: null, value: Buffer.from(value), timestampMs, offsetDelta, headers: {} };
}

/** A batch of one record, whose value is its offset. */
export function single(baseOffset: number, more: Partial<ReferenceBatch> = {}): Promise<Buffer> {
  return encodeBatch({ baseOffset, lastOffsetDelta: 0, records: [plain(`${baseOffset}`)], ...more });
}

export function fetched(records: Buffer, more: Partial<FetchedPartition> = {}): FetchedPartition {
  return {
    topic: 'orders',
    partition: 0,
    errorCode: 0,
    highWatermark: 1_000,
    lastStableOffset: 1_000,
    abortedTransactions: [],
    records,
    ...more,
  };
}

/** The rows whose bytes cannot be had, as [offset, code, message]. */
export function setAside(
  batch: RawBatch | null,
): Array<readonly [offset: number, code: string, message: string]> {
  return (batch?.unreadable ?? []).flatMap(({ from, to, code, message }) =>
    Array.from({ length: to - from }, (_, i) => [batch!.offsets[from + i]!, code, message] as const),
  );
}

const bytesArbitrary = fc.oneof(
  fc.constant(null),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
);

/** Records with gaps, as compaction leaves them. */
const recordsArbitrary: fc.Arbitrary<ReferenceRecord[]> = fc
  .array(
    fc.record({
      key: bytesArbitrary,
      value: bytesArbitrary,
      timestampMs: fc.oneof(
        fc.integer({ min: 0, max: 4e12 }),
        fc.integer({ min: 17e11, max: 17e11 + 1_000 }),
      ),
      gap: fc.nat(3),
      headers: fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), fc.string(), { maxKeys: 2 }),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((records) => {
    let next = 0;
    return records.map(({ gap, ...record }) => {
      const offsetDelta = next + gap;
      next = offsetDelta + 1;
      return { ...record, offsetDelta };
    });
  });

/** Batches one after the other in a partition. */
export const batchesArbitrary: fc.Arbitrary<ReferenceBatch[]> = fc
  .tuple(
    fc.nat(2 ** 52),
    fc.array(
      fc.record({
        records: recordsArbitrary,
        tail: fc.nat(2),
        codec: fc.constantFrom('none', 'gzip', 'zstd'),
        appendTimeMs: fc.oneof(fc.constant(undefined), fc.integer({ min: 0, max: 4e12 })),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  )
  .map(([first, batches]) => {
    let baseOffset = first;
    return batches.map(({ records, tail, codec, appendTimeMs }) => {
      const lastOffsetDelta = (records.at(-1)?.offsetDelta ?? 0) + tail;
      const batch = { baseOffset, lastOffsetDelta, records, codec };
      baseOffset += lastOffsetDelta + 1;
      return appendTimeMs === undefined ? batch : { ...batch, appendTimeMs };
    });
  });
