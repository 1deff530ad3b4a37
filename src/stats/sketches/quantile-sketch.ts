// Quantiles with a relative error in Float64 slots (hot path). Masson, Rim, Lee: DDSketch: a fast and fully-mergeable quantile
// sketch with relative-error guarantees (2019). Where the buckets do not suffice, all of them are collapsed in pairs, so
// that no quantile is lost: Epicoco, Melle, Cafaro, Pulimeno, Morleo: UDDSketch: accurate tracking of quantiles in data
// streams (2020). What the slots hold depends on the values alone and not on their order, so that merging is exact.

// Slots: buckets in use, how often they were collapsed, the least and the greatest value, the buckets by ascending value. A
// bucket is its key, 21 bits, times 2^32, and the number of its values.
const LEVEL = 1;
const MIN = 2;
const MAX = 3;
const FIRST = 4;

const COUNT_LIMIT = 2 ** 32;
/** Added to keys, which have the sign of their values. */
const KEY_ZERO = 2 ** 20;
/** Added to the exponents of buckets, so that the key of a positive value is positive. */
const EXPONENT_ZERO = 2 ** 19;
const INFINITE = 2 ** 20 - 1;
/** There all finite values are in four buckets, with any error. */
const LEVEL_MAX = 21;

export interface QuantileSketch {
  readonly width: number;
  clear(this: void, slab: Float64Array, at: number): void;
  add(this: void, slab: Float64Array, at: number, value: number): void;
  merge(this: void, to: Float64Array, a: number, from: Float64Array, b: number): void;
  /** The value at rank floor(share * (n - 1)) of the values in ascending order, or near it; NaN if there is none. */
  quantile(this: void, slab: Float64Array, at: number, share: number): number;
}

/** The key of what a bucket becomes when buckets are collapsed. */
function collapsedKey(key: number): number {
  const magnitude = Math.abs(key);
  if (magnitude === 0 || magnitude === INFINITE) return key;
  const half = Math.ceil((magnitude - EXPONENT_ZERO) / 2) + EXPONENT_ZERO;
  return key < 0 ? -half : half;
}

function keyOfBucket(bucket: number): number {
  return Math.floor(bucket / COUNT_LIMIT) - KEY_ZERO;
}

/** Buckets in use: what a store gave back bounds no loop. */
function usedOf(slab: Float64Array, at: number, buckets: number): number {
  return Math.min(slab[at] as number, buckets);
}

function levelOf(slab: Float64Array, at: number): number {
  return Math.min(slab[at + LEVEL] as number, LEVEL_MAX);
}

/** Collapses all buckets in pairs. */
function collapse(slab: Float64Array, at: number, buckets: number): void {
  const first = at + FIRST;
  const used = usedOf(slab, at, buckets);
  let end = first - 1;
  let last = Number.NaN;
  for (let i = first; i < first + used; i++) {
    const bucket = slab[i] as number;
    const key = collapsedKey(keyOfBucket(bucket));
    const count = bucket % COUNT_LIMIT;
    if (key === last) slab[end] = (slab[end] as number) + count;
    else slab[++end] = (key + KEY_ZERO) * COUNT_LIMIT + count;
    last = key;
  }
  slab.fill(0, end + 1, first + used);
  slab[at] = end + 1 - first;
  slab[at + LEVEL] = (slab[at + LEVEL] as number) + 1;
}

/** Adds to the bucket of a key, which is one of the sketch's level. */
function count(slab: Float64Array, at: number, buckets: number, given: number, by: number): void {
  for (let key = given; ; key = collapsedKey(key)) {
    const bucket = (key + KEY_ZERO) * COUNT_LIMIT;
    const used = usedOf(slab, at, buckets);
    const end = at + FIRST + used;
    let low = at + FIRST;
    let high = end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((slab[middle] as number) < bucket) low = middle + 1;
      else high = middle;
    }
    if (low < end && (slab[low] as number) - bucket < COUNT_LIMIT) {
      slab[low] = (slab[low] as number) + by;
      return;
    }
    if (used < buckets) {
      slab.copyWithin(low + 1, low, end);
      slab[low] = bucket + by;
      slab[at] = used + 1;
      return;
    }
    collapse(slab, at, buckets);
  }
}

/**
 * @param error relative, as long as the values need no more buckets than there are; it doubles with each collapse
 * @param buckets 16 or more
 */
export function quantileSketch(error: number, buckets: number): QuantileSketch {
  const logGamma = Math.log((1 + error) / (1 - error));

  function keyOf(value: number, level: number): number {
    if (value === 0) return 0;
    const magnitude = Math.abs(value);
    if (magnitude === Number.POSITIVE_INFINITY) return value < 0 ? -INFINITE : INFINITE;
    const exponent = Math.ceil(Math.ceil(Math.log(magnitude) / logGamma) / 2 ** level) + EXPONENT_ZERO;
    return value < 0 ? -exponent : exponent;
  }

  function valueOf(key: number, level: number): number {
    if (key === 0) return 0;
    const magnitude = Math.abs(key);
    const gammaLog = logGamma * 2 ** level;
    const value =
      magnitude === INFINITE
        ? Number.POSITIVE_INFINITY
        : (2 * Math.exp((magnitude - EXPONENT_ZERO) * gammaLog)) / (1 + Math.exp(gammaLog));
    return key < 0 ? -value : value;
  }

  return {
    width: FIRST + buckets,
    clear: (slab, at) => {
      slab[at + MIN] = Number.POSITIVE_INFINITY;
      slab[at + MAX] = Number.NEGATIVE_INFINITY;
    },
    add: (slab, at, added) => {
      const value = added + 0; // -0 is 0: which of the two came first must not matter
      if (value < (slab[at + MIN] as number)) slab[at + MIN] = value;
      if (value > (slab[at + MAX] as number)) slab[at + MAX] = value;
      count(slab, at, buckets, keyOf(value, levelOf(slab, at)), 1);
    },
    merge: (to, a, from, b) => {
      const used = usedOf(from, b, buckets);
      if (used === 0) return;
      if ((from[b + MIN] as number) < (to[a + MIN] as number)) to[a + MIN] = from[b + MIN] as number;
      if ((from[b + MAX] as number) > (to[a + MAX] as number)) to[a + MAX] = from[b + MAX] as number;
      const level = levelOf(from, b);
      while (levelOf(to, a) < level) collapse(to, a, buckets);
      for (let i = b + FIRST; i < b + FIRST + used; i++) {
        const bucket = from[i] as number;
        let key = keyOfBucket(bucket);
        for (let coarser = level; coarser < levelOf(to, a); coarser++) key = collapsedKey(key);
        count(to, a, buckets, key, bucket % COUNT_LIMIT);
      }
    },
    quantile: (slab, at, share) => {
      const end = at + FIRST + usedOf(slab, at, buckets);
      let total = 0;
      for (let i = at + FIRST; i < end; i++) total += (slab[i] as number) % COUNT_LIMIT;
      if (total === 0) return Number.NaN;
      if (share === 0) return slab[at + MIN] as number;
      if (share === 1) return slab[at + MAX] as number;
      const rank = share * (total - 1);
      let i = at + FIRST;
      for (let below = (slab[i] as number) % COUNT_LIMIT; below <= rank;)
        below += (slab[++i] as number) % COUNT_LIMIT;
      const value = valueOf(keyOfBucket(slab[i] as number), levelOf(slab, at));
      return Math.min(Math.max(value, slab[at + MIN] as number), slab[at + MAX] as number);
    },
  };
}
