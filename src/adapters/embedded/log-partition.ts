// One partition of the embedded log (hot path): an append-only list of chunks, and the readers that wait at its end.
import { BATCH_ROWS_MAX } from '../../core/event-limits.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import { chunkBetween, chunkOf, compacted, concatChunks, type Chunk } from './log-chunk.ts';
import type { LogStore } from './log-store.ts';

/** Records that a partition on disk also keeps in memory, for readers near its end. */
const CACHED_ROWS_MAX = 65_536;
/** Their bytes in memory, however few they are: those of a fast stream fit, and a slow one takes no more. */
const CACHED_BYTES_MAX = 8_388_608;
/** Of chunks that are joined: each of them is copied with the next one. */
const JOINED_ROWS_MAX = 64;
/** A chunk's arrays and objects, measured. */
const CHUNK_BYTES = 1_536;
/** A record's offset, time, and the places of its key and its value. */
const ROW_BYTES = 32;

export class PartitionLog {
  readonly origin: TopicPartition;
  /** Null for a partition in memory only. */
  readonly #store: LogStore | null;
  #chunks: Chunk[] = [];
  /** Index of the first chunk that is kept: dropping one increases it, and sometimes copies the list. */
  #head = 0;
  #low: number;
  #high: number;
  /** Bytes that the chunks that are kept take in memory. */
  #bytes = 0;
  readonly #wakers = new Set<() => void>();

  constructor(origin: TopicPartition, store: LogStore | null) {
    this.origin = origin;
    this.#store = store;
    const bounds = store?.bounds(origin);
    this.#low = bounds?.low ?? 0;
    this.#high = bounds?.high ?? 0;
  }

  get low(): number {
    return this.#low;
  }

  get high(): number {
    return this.#high;
  }

  /** True if records are written to the store: the caller then makes the transaction. */
  get stored(): boolean {
    return this.#store !== null;
  }

  /** Call on a stored partition inside a transaction, before `append`. */
  store(timestampMs: Float64Array, keys: Chunk['keys'], values: Chunk['values']): void {
    this.catchUp();
    this.#store?.insert(this.origin, chunkOf(this.#high, timestampMs, keys, values));
  }

  /** Keeps the arrays: the caller must not change them. `wake` notifies readers. */
  append(timestampMs: Float64Array, keys: Chunk['keys'], values: Chunk['values']): void {
    const appended = chunkOf(this.#high, timestampMs, keys, values);
    // What is in memory alone comes fast, in chunks that fill their arrays.
    const chunk = this.#store === null ? appended : compacted(this.#joined(appended));
    this.#chunks.push(chunk);
    this.#high = chunk.endOffset;
    this.#bytes += bytesOf(chunk);
    if (this.#store === null) return;
    this.#forgetBefore(this.#high - CACHED_ROWS_MAX);
    while (this.#bytes > CACHED_BYTES_MAX && this.#head < this.#chunks.length - 1)
      this.#forgetBefore((this.#chunks[this.#head] as Chunk).endOffset);
  }

  /** With the newest chunk, which it replaces, where both have few records: a slow stream has a chunk for each. */
  #joined(chunk: Chunk): Chunk {
    const newest = this.#chunks.length > this.#head ? this.#chunks.at(-1) : undefined;
    const rows = (newest?.offsets.length ?? JOINED_ROWS_MAX) + chunk.offsets.length;
    if (newest === undefined || rows > JOINED_ROWS_MAX) return chunk;
    this.#chunks.pop();
    this.#bytes -= bytesOf(newest);
    return concatChunks([newest, chunk]);
  }

  /** Moves the end to what another process has written. Returns whether it moved. */
  catchUp(): boolean {
    const bounds = this.#store?.bounds(this.origin);
    if (bounds === null || bounds === undefined || bounds.high <= this.#high) return false;
    this.#chunks = [];
    this.#head = 0;
    this.#bytes = 0;
    this.#low = bounds.low;
    this.#high = bounds.high;
    return true;
  }

  /** The next records from `from` on, at most up to `to`; null at the end. Small chunks are joined. */
  next(from: number, to: number): Chunk | null {
    if (from >= Math.min(this.#high, to)) return null;
    const index = this.#indexOf(from);
    const first =
      index < 0 ? (this.#store?.chunkAt(this.origin, from) ?? null) : (this.#chunks[index] ?? null);
    if (first === null) return null;
    const view = chunkBetween(first, from, to);
    if (index < 0 || view.offsets.length >= BATCH_ROWS_MAX / 2) return view;
    const parts = [view];
    let rows = view.offsets.length;
    for (let i = index + 1; i < this.#chunks.length; i++) {
      const chunk = this.#chunks[i] as Chunk;
      rows += chunk.offsets.length;
      if (rows > BATCH_ROWS_MAX || chunk.baseOffset >= to) break;
      parts.push(chunkBetween(chunk, chunk.baseOffset, to));
    }
    return concatChunks(parts);
  }

  /** The first offset whose record has the time `timeMs` or later; the end if there is none. */
  offsetForTime(timeMs: number): number {
    const begin = this.#store === null ? this.#low : this.#store.since(this.origin, timeMs);
    if (begin === null) return this.#high;
    for (let from = begin, chunk = this.next(from, this.#high); chunk !== null;) {
      const index = chunk.timestampMs.findIndex((time) => time >= timeMs);
      if (index >= 0) return chunk.offsets[index] as number;
      from = chunk.endOffset;
      chunk = this.next(from, this.#high);
    }
    return this.#high;
  }

  /** Drops whole chunks that end at or before `offset`. Only for partitions in memory. */
  dropBefore(offset: number): void {
    if (this.#store !== null) return;
    this.#forgetBefore(offset);
    this.#low = this.#chunks[this.#head]?.baseOffset ?? this.#high;
  }

  /** The same for a stored partition, inside a transaction. The last chunk stays, so that its offsets are never assigned again. */
  deleteBefore(offset: number): void {
    if (this.#store === null) return;
    this.#store.dropBefore(this.origin, Math.min(offset, this.#high));
    this.#low = this.#store.bounds(this.origin)?.low ?? this.#low;
    this.#forgetBefore(this.#low);
  }

  #forgetBefore(offset: number): void {
    for (let chunk = this.#chunks[this.#head]; chunk !== undefined && chunk.endOffset <= offset;) {
      this.#head++;
      this.#bytes -= bytesOf(chunk);
      chunk = this.#chunks[this.#head];
    }
    if (this.#head > 64 && this.#head * 2 > this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Index of the chunk in memory that contains `offset`; -1 if it is not in memory. */
  #indexOf(offset: number): number {
    const first = this.#chunks[this.#head];
    if (first === undefined || offset < first.baseOffset)
      return this.#store === null && first !== undefined ? this.#head : -1;
    let low = this.#head;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#chunks[middle] as Chunk).baseOffset <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  onAppend(waker: () => void): () => void {
    this.#wakers.add(waker);
    return () => this.#wakers.delete(waker);
  }

  wake(): void {
    for (const waker of this.#wakers) waker();
  }
}

/** In memory. The values lie one after the other, with the keys between them perhaps. */
function bytesOf({ offsets, values: { starts, ends } }: Chunk): number {
  const first = starts[0] ?? 0;
  const valueBytes = (ends.at(-1) ?? 0) - (first < 0 ? (ends[0] ?? 0) : first);
  return CHUNK_BYTES + offsets.length * ROW_BYTES + valueBytes;
}
