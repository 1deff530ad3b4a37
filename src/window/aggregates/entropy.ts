// How evenly the values of a column are distributed.
import { whole } from '../../core/option-checks.ts';
import { COUNTERS_MAX, frequentSketch } from '../../stats/sketches/frequent-sketch.ts';
import type { AnyAggregate } from '../aggregate.ts';
import { defineAggregate } from '../define-aggregate.ts';

const VALUES_DEFAULT = 64;

export interface EntropyOptions {
  /** Values that are counted at once, 1 to 512; 64 by default. */
  readonly values?: number;
}

function term(count: number, all: number): number {
  return count > 0 ? -(count / all) * Math.log2(count / all) : 0;
}

/**
 * Shannon entropy of the values that are not null, strings or numbers, in bits, as ClickHouse's `entropy` has it: 0 if all
 * are equal, NaN if there is none. Exact as long as the window has at most `values` different ones; of more, rare ones count
 * as one.
 */
export const entropy: AnyAggregate<EntropyOptions> = defineAggregate(
  ({ values = VALUES_DEFAULT }: EntropyOptions) => {
    const { width, add, merge, events, used, count } = frequentSketch(values);
    return {
      name: 'entropy',
      input: 'any',
      width,
      add,
      merge,
      isSparse: true,
      read: (slab, at) => {
        const all = events(slab, at);
        if (all === 0) return Number.NaN;
        let rest = all;
        let bits = 0;
        for (let place = 0; place < used(slab, at); place++) {
          bits += term(count(slab, at, place), all);
          rest -= count(slab, at, place);
        }
        return bits + term(rest, all);
      },
    };
  },
  { name: 'entropy', input: 'any', checks: { values: whole(1, COUNTERS_MAX) } },
);
