// How many values of a column are in each of some bins: a slot for each bin.
import { binOf } from '../../core/bins.ts';
import { ascending, required } from '../../core/option-checks.ts';
import type { NumberVector } from '../aggregate.ts';
import { defineVector } from '../define-vector.ts';

const EDGES_MAX = 64;

export interface HistogramOptions {
  /** The edges between bins, ascending, 1 to 64. A value on an edge is in the bin above it. */
  readonly bins: readonly number[];
}

/**
 * Number of values that are not null in each of the bins between the edges `bins`: features `<name>_0` (below the first edge)
 * to `<name>_<edges>` (from the last one on). The numbers of the bins are those of the expression `bins`.
 */
export const histogram: NumberVector<HistogramOptions, `${number}`> = defineVector({
  name: 'histogram',
  input: 'number',
  checks: { bins: required(ascending(EDGES_MAX), '[10, 100]') },
  make: ({ bins }: HistogramOptions) => {
    const edges = Float64Array.from(bins);
    const width = edges.length + 1;
    return {
      width,
      add: (slab, at, value) => {
        const bin = at + binOf(edges, value);
        slab[bin] = (slab[bin] as number) + 1;
      },
      merge: (to, a, from, b) => {
        for (let i = 0; i < width; i++) to[a + i] = (to[a + i] as number) + (from[b + i] as number);
      },
      parts: Object.fromEntries(
        Array.from({ length: width }, (_, bin) => [
          `${bin}`,
          { read: (slab: Float64Array, at: number): number => slab[at + bin] as number },
        ]),
      ),
    };
  },
});
