// The buckets with the most events (hot path): a list of buckets, most events first, each with its hash, the number of its
// events and the state of an aggregate; then the state of the rest and the number of its events. A bucket for which the list
// has no room belongs to the rest; where lists are merged, those with the most events stay.
import type { Accumulator } from './aggregate.ts';
import type { BucketedState } from './bucketed-state.ts';

/** Buckets that are kept apart, for each one that is a feature: the counts are exact up to so many. */
const KEPT_PER_FEATURE = 4;
const HASH = 0;
const COUNT = 1;
const STATE = 2;

class BucketList {
  readonly kept: number;
  /** Slots of one bucket. */
  readonly stride: number;
  readonly restAt: number;
  readonly droppedAt: number;
  readonly inner: Accumulator;

  constructor(inner: Accumulator, kept: number) {
    this.inner = inner;
    this.kept = kept;
    this.stride = STATE + inner.width;
    this.restAt = kept * this.stride;
    this.droppedAt = this.restAt + inner.width;
  }

  clear(slab: Float64Array, at: number): void {
    for (let i = 0; i < this.kept; i++) this.#clearBucket(slab, at + i * this.stride);
    this.#clearState(slab, at + this.restAt);
  }

  #clearState(slab: Float64Array, at: number): void {
    slab.fill(0, at, at + this.inner.width);
    this.inner.clear?.(slab, at);
  }

  #clearBucket(slab: Float64Array, from: number): void {
    slab[from + HASH] = Number.NaN;
    slab[from + COUNT] = 0;
    this.#clearState(slab, from + STATE);
  }

  /** The place of a bucket, or the first free one, or `kept`. */
  #find(slab: Float64Array, at: number, hash: number): number {
    let i = 0;
    while (i < this.kept) {
      const from = at + i * this.stride;
      if (slab[from + HASH] === hash || slab[from + COUNT] === 0) return i;
      i++;
    }
    return i;
  }

  add(slab: Float64Array, at: number, value: number, timeMs: number, bucket: number): void {
    // Null belongs to the rest.
    const i = Number.isNaN(bucket) ? this.kept : this.#find(slab, at, bucket);
    if (i === this.kept) {
      this.#drop(slab, at, 1);
      this.inner.add(slab, at + this.restAt, value, timeMs);
      return;
    }
    const from = at + i * this.stride;
    slab[from + HASH] = bucket;
    slab[from + COUNT] = (slab[from + COUNT] as number) + 1;
    this.inner.add(slab, from + STATE, value, timeMs);
    this.#moveUp(slab, at, i);
  }

  #drop(slab: Float64Array, at: number, count: number): void {
    slab[at + this.droppedAt] = (slab[at + this.droppedAt] as number) + count;
  }

  /** Moves a bucket before those with fewer events; of equal counts the lower hash comes first. */
  #moveUp(slab: Float64Array, at: number, place: number): void {
    for (let i = place; i > 0; i--) {
      const from = at + i * this.stride;
      const before = from - this.stride;
      if (!precedes(slab, from, slab, before)) return;
      for (let k = 0; k < this.stride; k++) {
        const moved = slab[from + k] as number;
        slab[from + k] = slab[before + k] as number;
        slab[before + k] = moved;
      }
    }
  }

  merge(to: Float64Array, a: number, from: Float64Array, b: number): void {
    for (let j = 0; j < this.kept; j++) {
      const other = b + j * this.stride;
      const count = from[other + COUNT] as number;
      if (count === 0) break;
      let i = this.#find(to, a, from[other + HASH] as number);
      if (i === this.kept && precedes(from, other, to, a + (this.kept - 1) * this.stride)) {
        i = this.kept - 1;
        this.#giveUp(to, a, i);
      }
      if (i === this.kept) {
        this.#drop(to, a, count);
        this.inner.merge(to, a + this.restAt, from, other + STATE);
        continue;
      }
      const mine = a + i * this.stride;
      to[mine + HASH] = from[other + HASH] as number;
      to[mine + COUNT] = (to[mine + COUNT] as number) + count;
      this.inner.merge(to, mine + STATE, from, other + STATE);
      this.#moveUp(to, a, i);
    }
    this.#drop(to, a, from[b + this.droppedAt] as number);
    this.inner.merge(to, a + this.restAt, from, b + this.restAt);
  }

  /** Makes a bucket a part of the rest. */
  #giveUp(slab: Float64Array, at: number, place: number): void {
    const from = at + place * this.stride;
    this.#drop(slab, at, slab[from + COUNT] as number);
    this.inner.merge(slab, at + this.restAt, slab, from + STATE);
    this.#clearBucket(slab, from);
  }
}

function precedes(slab: Float64Array, x: number, other: Float64Array, y: number): boolean {
  const more = (slab[x + COUNT] as number) - (other[y + COUNT] as number);
  return more > 0 || (more === 0 && (slab[x + HASH] as number) < (other[y + HASH] as number));
}

/** The `top` buckets with the most events, and the rest. */
export function topBuckets(inner: Accumulator, top: number): BucketedState {
  const kept = KEPT_PER_FEATURE * top;
  const list = new BucketList(inner, kept);
  const { stride, restAt, droppedAt } = list;
  const scratch = new Float64Array(inner.width);
  return {
    accumulator: {
      width: droppedAt + 1,
      isSparse: true,
      clear: (slab, at) => list.clear(slab, at),
      add: (slab, at, value, timeMs, bucket = Number.NaN) => list.add(slab, at, value, timeMs, bucket),
      merge: (to, a, from, b) => list.merge(to, a, from, b),
    },
    buckets: Array.from({ length: top }, (_, place) => ({
      name: `${place + 1}`,
      stateAt: (slab, at) => (slab[at + place * stride + COUNT] === 0 ? -1 : at + place * stride + STATE),
      hash: (slab, at) => slab[at + place * stride + HASH] as number,
    })),
    rest: (slab, at) => {
      scratch.set(slab.subarray(at + restAt, at + droppedAt));
      for (let place = top; place < kept; place++)
        if (slab[at + place * stride + COUNT] !== 0)
          inner.merge(scratch, 0, slab, at + place * stride + STATE);
    },
    scratch,
    dropped: (slab, at) => {
      let count = slab[at + droppedAt] as number;
      for (let place = top; place < kept; place++) count += slab[at + place * stride + COUNT] as number;
      return count;
    },
  };
}
