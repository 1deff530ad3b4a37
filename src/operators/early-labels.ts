// Labels that came before their prediction (hot path): they wait for it, in memory and in the state.
// State: `e:<bucket>` lists the labels that are given up within one sixteenth of the wait, and those of them that were
// taken, each appended once. Memory has all labels that wait, since they are few: a restart reads the buckets that are not
// due, and no event has to ask the store whether a label waits for it.
import { EARLY_LABELS_MAX } from '../core/task-limits.ts';
import type { StateChanges } from './state-changes.ts';

export interface EarlyLabel {
  /** NaN if the event says that no label will come. */
  readonly label: number;
  readonly timeMs: number;
  readonly offset: number;
}

/** What became of a label without a prediction. */
export type Held = 'waits' | 'expired' | 'duplicate' | 'full';

interface Bucket {
  readonly keys: Set<string>;
  added: Buffer[];
  /** Entries in the store, those of labels that were taken included. */
  stored: number;
}

export const EARLY_PREFIX = 'e:';
const BUCKETS_PER_WAIT = 16;
/** Length of the key, label, event time, offset. */
const HEAD_BYTES = 4 + 8 + 8 + 8;
/** In place of an offset: the label was taken. */
const TAKEN = -1;
/** Entries above which a bucket that holds mostly taken labels is rewritten. */
const REWRITE_ENTRIES_MIN = 64;

/** Waits that a rebuild reaches back: a label waits for a prediction, unless one before it waited, or it had its own. */
const WAITS_BACK = 3;

/**
 * Event time that a rebuild must reach back beyond the predictions that wait, ms. Whether a prediction waits depends on the
 * labels that waited when it came, and that on what came before them. It is exact where a key stands for one prediction.
 */
export function earlyMemoryMs(waitMs: number): number {
  return WAITS_BACK * (waitMs + earlyBucketMs(waitMs));
}

/** Event time of the labels that are given up together, ms. */
export function earlyBucketMs(waitMs: number): number {
  return waitMs / BUCKETS_PER_WAIT;
}

export function encodeEarly(key: string, { label, timeMs, offset }: EarlyLabel): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + Buffer.byteLength(key));
  bytes.writeUInt32LE(bytes.length - HEAD_BYTES, 0);
  bytes.writeDoubleLE(label, 4);
  bytes.writeDoubleLE(timeMs, 12);
  bytes.writeDoubleLE(offset, 20);
  bytes.write(key, HEAD_BYTES);
  return bytes;
}

/** The labels of a bucket that were not taken, and the number of entries. */
export function decodeEarly(blob: Uint8Array): {
  readonly labels: Map<string, EarlyLabel>;
  readonly entries: number;
} {
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  const labels = new Map<string, EarlyLabel>();
  let entries = 0;
  for (let at = 0; at + HEAD_BYTES <= bytes.length; entries++) {
    const end = at + HEAD_BYTES + bytes.readUInt32LE(at);
    const key = bytes.toString('utf8', at + HEAD_BYTES, end);
    const offset = bytes.readDoubleLE(at + 20);
    if (offset === TAKEN) labels.delete(key);
    else labels.set(key, { label: bytes.readDoubleLE(at + 4), timeMs: bytes.readDoubleLE(at + 12), offset });
    at = end;
  }
  return { labels, entries };
}

export class EarlyLabels {
  readonly #waitMs: number;
  readonly #bucketMs: number;
  readonly #labels = new Map<string, EarlyLabel>();
  readonly #buckets = new Map<number, Bucket>();
  /** Buckets that the store may have and memory lacks: of the checkpoint. */
  readonly #unread = new Set<number>();
  /** Buckets that were due since the last barrier. */
  #due: number[] = [];
  /** When the first bucket is due, event time; Infinity without one. */
  #nextDueMs = Number.POSITIVE_INFINITY;

  /** @param waitMs 0: no label waits */
  constructor(waitMs: number, restoredWatermarkMs: number) {
    this.#waitMs = waitMs;
    this.#bucketMs = earlyBucketMs(waitMs);
    if (waitMs === 0 || !Number.isFinite(restoredWatermarkMs)) return;
    const first = this.#indexOf(restoredWatermarkMs - waitMs);
    for (let i = 0; i <= BUCKETS_PER_WAIT; i++) this.#unread.add(first + i);
  }

  /** Labels that wait. */
  get size(): number {
    return this.#labels.size;
  }

  /** The bucket of a label: by the time at which it is given up. */
  #indexOf(timeMs: number): number {
    return Math.floor((timeMs + this.#waitMs) / this.#bucketMs);
  }

  /** Keeps a label for the prediction of its key. The first one of a key counts, as it does for a prediction that waits. */
  hold(key: string, label: EarlyLabel, watermarkMs: number): Held {
    if (this.#waitMs === 0 || label.timeMs + this.#waitMs < watermarkMs) return 'expired';
    const known = this.#labels.get(key);
    if (known !== undefined && known.timeMs + this.#waitMs >= watermarkMs) return 'duplicate';
    if (known !== undefined) this.#remove(key, known);
    if (this.#labels.size >= EARLY_LABELS_MAX) return 'full';
    this.#labels.set(key, label);
    const bucket = this.#bucketOf(this.#indexOf(label.timeMs));
    bucket.keys.add(key);
    bucket.added.push(encodeEarly(key, label));
    return 'waits';
  }

  #bucketOf(index: number): Bucket {
    const known = this.#buckets.get(index);
    if (known !== undefined) return known;
    const made: Bucket = { keys: new Set(), added: [], stored: 0 };
    this.#buckets.set(index, made);
    this.#nextDueMs = Math.min(this.#nextDueMs, (index + 1) * this.#bucketMs);
    return made;
  }

  /** Removes and returns the label that waits for the key. */
  take(key: string, watermarkMs: number): EarlyLabel | undefined {
    const label = this.#labels.get(key);
    if (label === undefined || label.timeMs + this.#waitMs < watermarkMs) return undefined;
    this.#remove(key, label);
    return label;
  }

  #remove(key: string, label: EarlyLabel): void {
    this.#labels.delete(key);
    const bucket = this.#bucketOf(this.#indexOf(label.timeMs));
    bucket.keys.delete(key);
    bucket.added.push(encodeEarly(key, { ...label, offset: TAKEN }));
  }

  /** Whether labels are given up at this watermark: cheap enough for every row. */
  isDue(watermarkMs: number): boolean {
    return this.#nextDueMs <= watermarkMs;
  }

  /** Gives up the labels of the buckets that are due; returns their number. */
  expire(watermarkMs: number): number {
    let expired = 0;
    this.#nextDueMs = Number.POSITIVE_INFINITY;
    for (const [index, { keys }] of this.#buckets) {
      const dueMs = (index + 1) * this.#bucketMs;
      if (dueMs > watermarkMs) {
        this.#nextDueMs = Math.min(this.#nextDueMs, dueMs);
        continue;
      }
      for (const key of keys) this.#labels.delete(key);
      expired += keys.size;
      this.#buckets.delete(index);
      this.#due.push(index);
    }
    return expired;
  }

  /** Wants what the checkpoint has, once. */
  wantAll(into: Set<string>): void {
    for (const index of this.#unread) into.add(EARLY_PREFIX + index);
  }

  hydrate(stateKey: string, blob: Uint8Array | null): void {
    if (!stateKey.startsWith(EARLY_PREFIX)) return;
    const index = Number(stateKey.slice(EARLY_PREFIX.length));
    if (!this.#unread.delete(index) || blob === null) return;
    const bucket = this.#bucketOf(index);
    const { labels, entries } = decodeEarly(blob);
    bucket.stored = entries;
    for (const [key, label] of labels) {
      bucket.keys.add(key);
      this.#labels.set(key, label);
    }
  }

  /** Adds what changed in this epoch. */
  snapshot(changes: StateChanges): void {
    for (const index of this.#due) changes.delete(EARLY_PREFIX + index);
    this.#due = [];
    for (const [index, bucket] of this.#buckets) {
      if (bucket.added.length === 0) continue;
      const eventTimeMs = (index + 1) * this.#bucketMs;
      bucket.stored += bucket.added.length;
      if (bucket.keys.size === 0) {
        bucket.stored = 0;
        changes.delete(EARLY_PREFIX + index);
      } else if (bucket.stored > Math.max(REWRITE_ENTRIES_MIN, 2 * bucket.keys.size)) {
        const all = [...bucket.keys].map((key) => encodeEarly(key, this.#labels.get(key) as EarlyLabel));
        bucket.stored = all.length;
        changes.put(EARLY_PREFIX + index, Buffer.concat(all), eventTimeMs, this.#waitMs);
      } else changes.append(EARLY_PREFIX + index, Buffer.concat(bucket.added), eventTimeMs, this.#waitMs);
      bucket.added = [];
    }
  }
}
