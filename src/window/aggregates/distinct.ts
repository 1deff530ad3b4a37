// The number of distinct values of a column.
import { number } from '../../core/option-checks.ts';
import { distinctSketch, type DistinctSketch } from '../../stats/sketches/distinct-sketch.ts';
import type { AnyAggregate } from '../aggregate.ts';
import { defineAggregate } from '../define-aggregate.ts';

const ERROR_DEFAULT = 0.04;
const ERROR_MIN = 0.0082;
const ERROR_MAX = 0.26;

export interface DistinctOptions {
  /** Relative standard error beyond the number that is exact, 0.0082 to 0.26; 0.04 by default. */
  readonly error?: number;
}

const sketches = new Map<number, DistinctSketch>();

/** The smallest sketch with at most this error. */
function sketchOf(error: number): DistinctSketch {
  const precision = Math.ceil(Math.log2((1.04 / error) ** 2));
  const sketch = sketches.get(precision) ?? distinctSketch(precision);
  sketches.set(precision, sketch);
  return sketch;
}

/**
 * Number of distinct values that are not null, of strings or of numbers; 0 in an empty window. Exact up to a bound, then an
 * estimate by HyperLogLog. With the default error the bound is 128 values and the standard error 3.3 %; half the error makes
 * the bound, and the state, four times as large.
 */
export const distinct: AnyAggregate<DistinctOptions> = defineAggregate(
  ({ error = ERROR_DEFAULT }: DistinctOptions) => {
    const { width, add, merge, estimate } = sketchOf(error);
    return { name: 'distinct', input: 'any', width, add, merge, isSparse: true, read: estimate };
  },
  { name: 'distinct', input: 'any', checks: { error: number(ERROR_MIN, ERROR_MAX) } },
);
