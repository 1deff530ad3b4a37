// The most frequent values in Float64 slots (hot path): Misra, Gries: Finding repeated elements (1982), merged as in Agarwal,
// Cormode, Huang, Phillips, Wei, Yi: Mergeable summaries (2012), where it is shown to be SpaceSaving with its least counter
// taken off. A counter is at most the true number, and lacks at most events / (counters + 1) of it, after any merges; with
// no more values than counters all are exact.

// Slots: events, counters in use, values, their counters. Descending by counter, values
// of equal ones ascending.
const USED = 1;
const FIRST = 2;

export const COUNTERS_MAX = 512;

const mergedValues = new Float64Array(2 * COUNTERS_MAX);
const mergedCounts = new Float64Array(2 * COUNTERS_MAX);

export interface FrequentSketch {
  readonly width: number;
  add(this: void, slab: Float64Array, at: number, value: number): void;
  merge(this: void, to: Float64Array, a: number, from: Float64Array, b: number): void;
  /** Number of events. */
  events(this: void, slab: Float64Array, at: number): number;
  /** Number of values that have a counter. */
  used(this: void, slab: Float64Array, at: number): number;
  /** The value at a place, from 0 for the most frequent one; NaN beyond the last. */
  value(this: void, slab: Float64Array, at: number, place: number): number;
  /** Its counter; 0 beyond the last. */
  count(this: void, slab: Float64Array, at: number, place: number): number;
}

/** Counters in use: what a store gave back bounds no loop. */
function usedOf(slab: Float64Array, at: number, counters: number): number {
  return Math.min(slab[at + USED] as number, counters);
}

/**
 * Moves the counter at place `i` forward to where it belongs; those before it are in order.
 * @param from where the values begin
 * @param to where the counters begin
 */
function moveForward(values: Float64Array, counts: Float64Array, from: number, to: number, i: number): void {
  const value = values[from + i] as number;
  const count = counts[to + i] as number;
  let place = i;
  for (; place > 0; place--) {
    const before = counts[to + place - 1] as number;
    if (before > count || (before === count && (values[from + place - 1] as number) < value)) break;
    values[from + place] = values[from + place - 1] as number;
    counts[to + place] = before;
  }
  values[from + place] = value;
  counts[to + place] = count;
}

/** @param counters 1 to COUNTERS_MAX */
export function frequentSketch(counters: number): FrequentSketch {
  function add(slab: Float64Array, at: number, value: number): void {
    slab[at] = (slab[at] as number) + 1;
    const values = at + FIRST;
    const counts = values + counters;
    const used = usedOf(slab, at, counters);
    let i = 0;
    while (i < used && slab[values + i] !== value) i++;
    if (i === counters) return lower(slab, at);
    if (i === used) {
      slab[values + i] = value;
      slab[counts + i] = 0;
      slab[at + USED] = used + 1;
    }
    slab[counts + i] = (slab[counts + i] as number) + 1;
    moveForward(slab, slab, values, counts, i);
  }

  /** A value without a counter takes one off all others, and itself. */
  function lower(slab: Float64Array, at: number): void {
    const values = at + FIRST;
    const counts = values + counters;
    let used = counters;
    for (let i = 0; i < counters; i++) slab[counts + i] = (slab[counts + i] as number) - 1;
    for (; used > 0 && slab[counts + used - 1] === 0; used--) slab[values + used - 1] = 0;
    slab[at + USED] = used;
  }

  function merge(to: Float64Array, a: number, from: Float64Array, b: number): void {
    const more = usedOf(from, b, counters);
    let all = usedOf(to, a, counters);
    for (let i = 0; i < all; i++) {
      mergedValues[i] = to[a + FIRST + i] as number;
      mergedCounts[i] = to[a + FIRST + counters + i] as number;
    }
    for (let k = 0; k < more; k++) {
      const value = from[b + FIRST + k] as number;
      let i = 0;
      while (i < all && mergedValues[i] !== value) i++;
      if (i === all) {
        mergedValues[all] = value;
        mergedCounts[all++] = 0;
      }
      mergedCounts[i] = (mergedCounts[i] as number) + (from[b + FIRST + counters + k] as number);
      moveForward(mergedValues, mergedCounts, 0, 0, i);
    }
    const excess = all > counters ? (mergedCounts[counters] as number) : 0;
    let used = 0;
    for (; used < Math.min(all, counters) && (mergedCounts[used] as number) > excess; used++) {
      to[a + FIRST + used] = mergedValues[used] as number;
      to[a + FIRST + counters + used] = (mergedCounts[used] as number) - excess;
    }
    to.fill(0, a + FIRST + used, a + FIRST + counters);
    to.fill(0, a + FIRST + counters + used, a + FIRST + 2 * counters);
    to[a] = (to[a] as number) + (from[b] as number);
    to[a + USED] = used;
  }

  return {
    width: FIRST + 2 * counters,
    add,
    merge,
    events: (slab, at) => slab[at] as number,
    used: (slab, at) => usedOf(slab, at, counters),
    value: (slab, at, place) =>
      place < (slab[at + USED] as number) ? (slab[at + FIRST + place] as number) : Number.NaN,
    count: (slab, at, place) =>
      place < (slab[at + USED] as number) ? (slab[at + FIRST + counters + place] as number) : 0,
  };
}
