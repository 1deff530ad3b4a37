// Predictions that wait for their label (hot path), with their time-outs, or for a correction of it.
// State: `p:<key>` holds one prediction (`c:<key>` one with a label); `t:<bucket>` (`d:`) lists the keys whose time-out falls into one
// sixteenth of the time-out, so that a restart reads the bucket that is due instead of scanning all
// keys. A bucket that has been due is deleted.
import { decodeEntries, encodeEntry } from './id-entries.ts';
import { decodePending, encodePending, type PendingPrediction } from './pending-record.ts';
import type { StateChanges } from './state-changes.ts';

/** What the keys of the state begin with. */
export interface PendingPrefixes {
  readonly prediction: string;
  readonly timers: string;
}

interface Bucket {
  readonly keys: string[];
  added: Uint8Array[];
}

export const WAITING: PendingPrefixes = { prediction: 'p:', timers: 't:' };
export const SETTLED: PendingPrefixes = { prediction: 'c:', timers: 'd:' };
const BUCKETS_PER_TIMEOUT = 16;
/** Event time for which a prediction may wait, ms: it expires with the last of its bucket. */
export function pendingMemoryMs(timeoutMs: number): number {
  return timeoutMs + timersBucketMs(timeoutMs);
}

/** Event time that a bucket of time-outs covers, ms. */
export function timersBucketMs(timeoutMs: number): number {
  return timeoutMs / BUCKETS_PER_TIMEOUT;
}

export class PendingPredictions {
  readonly #prefixes: PendingPrefixes;
  readonly #timeoutMs: number;
  readonly #bucketMs: number;
  /** Without a checkpoint the store is empty, so memory is complete. */
  readonly #storeIsEmpty: boolean;
  readonly #hotKeysMax: number;
  /** Whether the store may hold predictions that memory lacks: after a restart, or once one was evicted. */
  #storeHasMore: boolean;
  /**
   * The store has none before the first, which were due before the checkpoint, and none after the last, which predictions
   * after the checkpoint wait in: between them are some sixteen.
   */
  readonly #firstStoredBucket: number;
  readonly #lastStoredBucket: number;
  readonly #pending = new Map<string, PendingPrediction>();
  readonly #buckets = new Map<number, Bucket>();
  readonly #hydratedBuckets = new Set<number>();
  /** Keys put or taken since the last barrier: memory is newer than the store. */
  readonly #put = new Set<string>();
  readonly #taken = new Set<string>();
  readonly #asked = new Set<string>();
  /** Buckets that were due since the last barrier. */
  #dueBuckets: number[] = [];
  #nextBucket = Number.NaN;

  constructor(
    timeoutMs: number,
    restoredWatermarkMs: number,
    hotKeysMax: number,
    prefixes: PendingPrefixes = WAITING,
  ) {
    this.#prefixes = prefixes;
    this.#timeoutMs = timeoutMs;
    this.#bucketMs = timersBucketMs(timeoutMs);
    this.#storeIsEmpty = !Number.isFinite(restoredWatermarkMs);
    if (!this.#storeIsEmpty) this.#nextBucket = Math.floor(restoredWatermarkMs / this.#bucketMs);
    this.#firstStoredBucket = this.#nextBucket;
    this.#lastStoredBucket = Math.floor((restoredWatermarkMs + timeoutMs) / this.#bucketMs);
    this.#storeHasMore = !this.#storeIsEmpty;
    this.#hotKeysMax = hotKeysMax;
  }

  add(pending: PendingPrediction): void {
    this.#pending.set(pending.key, pending);
    this.#put.add(pending.key);
    this.#taken.delete(pending.key);
    const deadlineMs = pending.timeMs + this.#timeoutMs;
    const bucket = this.#bucketOf(Math.floor(deadlineMs / this.#bucketMs));
    bucket.keys.push(pending.key);
    bucket.added.push(encodeEntry(pending.key, deadlineMs));
  }

  /** Replaces what a key has by the same prediction with another label. */
  update(pending: PendingPrediction): void {
    this.#pending.set(pending.key, pending);
    this.#put.add(pending.key);
  }

  get(key: string): PendingPrediction | undefined {
    return this.#pending.get(key);
  }

  #bucketOf(index: number): Bucket {
    const known = this.#buckets.get(index);
    if (known !== undefined) return known;
    const made: Bucket = { keys: [], added: [] };
    this.#buckets.set(index, made);
    if (!(index >= this.#nextBucket)) this.#nextBucket = index;
    return made;
  }

  /** Removes and returns a key's prediction. */
  take(key: string): PendingPrediction | undefined {
    const found = this.#pending.get(key);
    if (found === undefined) return undefined;
    this.#pending.delete(key);
    this.#put.delete(key);
    this.#taken.add(key);
    return found;
  }

  /** Whether memory has everything that the bucket lists. */
  #isWhole(index: number): boolean {
    const isStored = index >= this.#firstStoredBucket && index <= this.#lastStoredBucket;
    return this.#storeIsEmpty || !isStored || this.#hydratedBuckets.has(index);
  }

  /** Whether a bucket is due: cheap enough for every row. */
  isDue(watermarkMs: number): boolean {
    return (this.#nextBucket + 1) * this.#bucketMs <= watermarkMs;
  }

  /** Buckets with predictions that are due at `timeMs`, in order: by what there is, however much time has passed. */
  #bucketsDue(timeMs: number): number[] {
    const due = [...this.#buckets.keys()].filter((index) => (index + 1) * this.#bucketMs <= timeMs);
    const stored = this.#lastStoredBucket - this.#firstStoredBucket;
    for (let k = 0; k <= stored; k++) {
      const index = this.#firstStoredBucket + k;
      if ((index + 1) * this.#bucketMs > timeMs) break;
      if (!this.#isWhole(index) && !this.#buckets.has(index)) due.push(index);
    }
    return due.sort((a, b) => a - b);
  }

  /** Removes and returns what was due before `watermarkMs`, bucket by bucket. */
  takeExpired(watermarkMs: number): PendingPrediction[] {
    const expired: PendingPrediction[] = [];
    for (const index of this.#bucketsDue(watermarkMs)) {
      this.#nextBucket = index;
      if (!this.#isWhole(index)) return expired;
      for (const key of this.#buckets.get(index)?.keys ?? []) {
        const pending = this.#pending.get(key);
        if (pending === undefined || pending.timeMs + this.#timeoutMs > watermarkMs) continue;
        this.take(key);
        expired.push(pending);
      }
      if (this.#buckets.delete(index)) this.#dueBuckets.push(index);
    }
    this.#nextBucket = Math.floor(watermarkMs / this.#bucketMs);
    return expired;
  }

  /** Evicts the oldest predictions past the bound; between batches, when all but those of this epoch are in the store. */
  evict(): void {
    let excess = this.#pending.size - this.#hotKeysMax;
    if (excess <= 0) return;
    for (const key of this.#pending.keys()) {
      if (excess <= 0) break;
      if (this.#put.has(key)) continue;
      this.#pending.delete(key);
      this.#asked.delete(key);
      this.#storeHasMore = true;
      excess -= 1;
    }
  }

  wantKey(key: string, into: Set<string>): void {
    if (!this.#storeHasMore) return;
    if (!this.#pending.has(key) && !this.#taken.has(key) && !this.#asked.has(key))
      into.add(this.#prefixes.prediction + key);
  }

  /** Wants the buckets that will be due by `timeMs`, and what they list. */
  wantTimers(timeMs: number, into: Set<string>): void {
    if (!this.#storeHasMore) return;
    for (const index of this.#bucketsDue(timeMs)) {
      if (!this.#isWhole(index)) into.add(this.#prefixes.timers + index);
      else for (const key of this.#buckets.get(index)?.keys ?? []) this.wantKey(key, into);
    }
  }

  hydrate(stateKey: string, blob: Uint8Array | null): void {
    if (stateKey.startsWith(this.#prefixes.prediction)) {
      const key = stateKey.slice(this.#prefixes.prediction.length);
      this.#asked.add(key);
      if (blob === null || this.#pending.has(key) || this.#taken.has(key)) return;
      this.#pending.set(key, decodePending(key, blob));
    } else if (stateKey.startsWith(this.#prefixes.timers)) {
      const index = Number(stateKey.slice(this.#prefixes.timers.length));
      this.#hydratedBuckets.add(index);
      if (blob !== null) decodeEntries(blob, (key) => void this.#bucketOf(index).keys.push(key));
    }
  }

  /** Adds what changed in this epoch. */
  snapshot(changes: StateChanges): void {
    for (const key of this.#taken) changes.delete(this.#prefixes.prediction + key);
    for (const index of this.#dueBuckets) changes.delete(this.#prefixes.timers + index);
    this.#dueBuckets = [];
    for (const key of this.#put) {
      const pending = this.#pending.get(key) as PendingPrediction;
      changes.put(
        this.#prefixes.prediction + key,
        encodePending(pending),
        pending.timeMs,
        2 * this.#timeoutMs,
      );
    }
    for (const [index, bucket] of this.#buckets) {
      if (bucket.added.length === 0) continue;
      const eventTimeMs = (index + 1) * this.#bucketMs;
      const bytes = Buffer.concat(bucket.added);
      changes.append(this.#prefixes.timers + index, bytes, eventTimeMs, this.#timeoutMs);
      bucket.added = [];
    }
    this.#put.clear();
    this.#taken.clear();
    this.#asked.clear();
  }
}
