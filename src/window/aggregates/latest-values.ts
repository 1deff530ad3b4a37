// The latest values of a column, each with its instant: the number of all values, the listed ones, latest first, and their
// instants. Of equal instants the later offset is the later one.
import type { VectorPart, VectorState } from '../define-vector.ts';

export const LIST_MAX = 64;

/** Puts a value in its place; the last one falls off. */
function insert(slab: Float64Array, at: number, k: number, value: number, timeMs: number): void {
  const values = at + 1;
  const times = values + k;
  let place = 0;
  while (place < k && timeMs < (slab[times + place] as number)) place++;
  if (place === k) return;
  slab.copyWithin(values + place + 1, values + place, values + k - 1);
  slab.copyWithin(times + place + 1, times + place, times + k - 1);
  slab[values + place] = value;
  slab[times + place] = timeMs;
}

/** The same of values that are listed once, at their latest instant. */
function insertOnce(slab: Float64Array, at: number, k: number, value: number, timeMs: number): void {
  const values = at + 1;
  const times = values + k;
  let known = 0;
  while (known < k && slab[values + known] !== value) known++;
  if (known < k) {
    if (timeMs < (slab[times + known] as number)) return;
    slab.copyWithin(values + known, values + known + 1, values + k);
    slab.copyWithin(times + known, times + known + 1, times + k);
    slab[values + k - 1] = Number.NaN;
    slab[times + k - 1] = Number.NEGATIVE_INFINITY;
  }
  insert(slab, at, k, value, timeMs);
}

/**
 * @param isDistinct each value is listed once
 * @param part a feature of one listed value
 */
export function latestValues(k: number, isDistinct: boolean, part: (value: number) => number): VectorState {
  const put = isDistinct ? insertOnce : insert;
  const parts: Record<string, VectorPart> = {};
  const output = part === identity ? 'number' : 'category';
  for (let place = 1; place <= k; place++)
    parts[`${place}`] = { output, read: (slab, at) => part(slab[at + place] as number) };
  parts['dropped'] = {
    read: (slab, at) => {
      let listed = 0;
      while (listed < k && slab[at + 1 + k + listed] !== Number.NEGATIVE_INFINITY) listed++;
      return (slab[at] as number) - listed;
    },
  };
  return {
    width: 1 + 2 * k,
    isSparse: true,
    clear: (slab, at) => {
      slab.fill(Number.NaN, at + 1, at + 1 + k);
      slab.fill(Number.NEGATIVE_INFINITY, at + 1 + k, at + 1 + 2 * k);
    },
    add: (slab, at, value, timeMs) => {
      slab[at] = (slab[at] as number) + 1;
      put(slab, at, k, value, timeMs);
    },
    merge: (to, a, from, b) => {
      to[a] = (to[a] as number) + (from[b] as number);
      for (let place = k; place >= 1; place--) {
        const timeMs = from[b + k + place] as number;
        if (timeMs !== Number.NEGATIVE_INFINITY) put(to, a, k, from[b + place] as number, timeMs);
      }
    },
    parts,
  };
}

/** The feature of a number. */
export function identity(value: number): number {
  return value;
}
