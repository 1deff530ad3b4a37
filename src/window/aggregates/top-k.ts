// The most frequent strings of a column.
import { required, whole } from '../../core/option-checks.ts';
import { categoryOfHash } from '../../core/string-hash.ts';
import { COUNTERS_MAX, frequentSketch } from '../../stats/sketches/frequent-sketch.ts';
import type { StringVector } from '../aggregate.ts';
import { defineVector, type VectorPart } from '../define-vector.ts';

const K_MAX = 32;
const COUNTERS_MIN_DEFAULT = 32;
const COUNTERS_PER_K = 8;

export interface TopKOptions {
  /** How many strings, 1 to 32. */
  readonly k: number;
  /** Strings that are counted at once, from k to 512; by default eight for each of k, and 32 or more. */
  readonly counters?: number;
}

/**
 * The k most frequent strings: features `<name>_1` to `<name>_<k>`, the codes that categorical features have,
 * `<name>_1_share` to `<name>_<k>_share`, the share of the events that have them, and `<name>_dropped`, the number of events
 * that have others. Exact as long as the window has at most as many strings as there are counters; beyond that a share is
 * too low by at most 1 / (counters + 1). Of equally frequent ones the order is that of their hashes.
 */
export const topK: StringVector<TopKOptions, `${number}` | `${number}_share` | 'dropped'> = defineVector({
  name: 'top-k',
  input: 'string',
  checks: { k: required(whole(1, K_MAX), '3'), counters: whole(1, COUNTERS_MAX) },
  make: ({ k, counters = Math.max(COUNTERS_MIN_DEFAULT, COUNTERS_PER_K * k) }: TopKOptions) => {
    const { width, add, merge, events, value, count } = frequentSketch(Math.max(k, counters));
    const parts: Record<string, VectorPart> = {};
    for (let place = 0; place < k; place++) {
      parts[`${place + 1}`] = {
        output: 'category',
        read: (slab, at) => categoryOfHash(value(slab, at, place)),
      };
      parts[`${place + 1}_share`] = { read: (slab, at) => count(slab, at, place) / events(slab, at) };
    }
    parts['dropped'] = {
      read: (slab, at) => {
        let rest = events(slab, at);
        for (let place = 0; place < k; place++) rest -= count(slab, at, place);
        return rest;
      },
    };
    return { width, add, merge, isSparse: true, parts };
  },
});
