// The rows of files by partition, on disk until their partitions have been played (control path): each partition is read by
// itself and again after a failure or a kill, and memory has a few thousand rows of it. Files of the owner alone, as they have
// what the topic has.
import { existsSync } from 'node:fs';
import { appendFile, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { chunkBetween, packChunk, unpackChunk, type Chunk } from '../../../adapters/embedded/log-chunk.ts';
import { SPILL_BYTES_MAX, SPILL_CHUNK_ROWS } from '../../../core/backfill-limits.ts';
import type { RawBatch } from '../../../core/batch.ts';
import { ByteColumn } from '../../../core/byte-column.ts';
import { MillraceError } from '../../../core/errors.ts';
import { fileError } from '../../../core/file-errors.ts';
import type { TopicPartition } from '../../../core/topic-partition.ts';
import type { LogRecord } from '../../../ports/event-log.ts';

/** Bytes of a chunk, its base offset and its end, as three Float64. */
const HEAD_BYTES = 24;

/** A record with its position in the rows of its partition. */
interface SpilledRow {
  readonly record: LogRecord;
  readonly row: number;
}

/** Each partition has a file: chunks of the embedded log, whose offsets are positions of rows. */
export class RowSpill {
  readonly #folder: string;
  readonly #pending = new Map<number, SpilledRow[]>();
  #pendingBytes = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Whether a partition has rows. */
  has(partition: number): boolean {
    return existsSync(this.#fileOf(partition));
  }

  /** Forgets the rows of an earlier run. */
  async clear(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** @param row its position in the partition, above those before */
  async add(partition: number, record: LogRecord, row: number): Promise<void> {
    const rows = this.#pending.get(partition) ?? [];
    if (rows.length === 0) this.#pending.set(partition, rows);
    rows.push({ record, row });
    this.#pendingBytes += (record.key?.length ?? 0) + (record.value?.length ?? 0);
    if (rows.length >= SPILL_CHUNK_ROWS) await this.#write(partition);
    else if (this.#pendingBytes >= SPILL_BYTES_MAX) await this.end();
  }

  /** Writes what is left. */
  async end(): Promise<void> {
    for (const partition of this.#pending.keys()) await this.#write(partition);
  }

  async #write(partition: number): Promise<void> {
    const rows = this.#pending.get(partition) ?? [];
    this.#pending.delete(partition);
    const keys = ByteColumn.of(rows.map(({ record }) => record.key));
    const values = ByteColumn.of(rows.map(({ record }) => record.value));
    this.#pendingBytes -= keys.byteLength + values.byteLength;
    const baseOffset = rows[0]?.row ?? 0;
    const endOffset = (rows.at(-1)?.row ?? 0) + 1;
    const offsets = Float64Array.from(rows, ({ row }) => row);
    const timestampMs = Float64Array.from(rows, ({ record }) => record.timestampMs);
    const blob = packChunk({ baseOffset, endOffset, offsets, timestampMs, keys, values });
    const head = Buffer.allocUnsafe(HEAD_BYTES);
    for (const [i, value] of [blob.length, baseOffset, endOffset].entries()) head.writeDoubleLE(value, 8 * i);
    const file = this.#fileOf(partition);
    try {
      await appendFile(file, Buffer.concat([head, blob]), { mode: 0o600 });
    } catch (error) {
      throw fileError(error, 'write the rows', file, 'CONFIG_INVALID');
    }
  }

  /**
   * The rows of a partition in their order.
   * @param first offset of its first row
   * @param begin offset of the first row that is read
   * @throws DATA_INVALID if the file is damaged
   */
  async *read(origin: TopicPartition, first: number, begin: number): AsyncGenerator<RawBatch> {
    const path = this.#fileOf(origin.partition);
    if (!existsSync(path)) return;
    const file = await open(path);
    try {
      const head = Buffer.allocUnsafe(HEAD_BYTES);
      for (let at = 0; ;) {
        const { bytesRead } = await file.read(head, 0, HEAD_BYTES, at);
        if (bytesRead === 0) return;
        const [length, base, end] = [0, 8, 16].map((i) => head.readDoubleLE(i)) as [number, number, number];
        at += HEAD_BYTES + length;
        if (first + end <= begin) continue;
        const blob = Buffer.allocUnsafe(length);
        const read = await file.read(blob, 0, length, at - length);
        const chunk = read.bytesRead === length ? unpackChunk(base, end, blob) : null;
        if (chunk === null) throw damaged(path);
        yield batchOf(origin, chunkBetween(chunk, begin - first, end), first);
      }
    } finally {
      await file.close();
    }
  }

  #fileOf(partition: number): string {
    return join(this.#folder, `${partition}.rows`);
  }
}

function batchOf(origin: TopicPartition, chunk: Chunk, first: number): RawBatch {
  const { offsets, timestampMs, keys, values, endOffset } = chunk;
  const offsetNext = first + endOffset;
  return {
    origin,
    count: offsets.length,
    offsets: offsets.map((row) => first + row),
    timestampMs,
    keys,
    values,
    offsetNext,
    highWatermark: offsetNext,
    receivedAtMs: performance.now(),
  };
}

function damaged(file: string): MillraceError {
  return new MillraceError('DATA_INVALID', 'the rows that the backfill has written are damaged', {
    where: file,
    remedy: 'Delete the folder of this file, and run the backfill again.',
  });
}
