// Quantiles of a column.
import { byName, number, required, whole, type OptionCheck } from '../../core/option-checks.ts';
import type { NumberRead, StringRead } from '../../core/columns.ts';
import { quantileSketch } from '../../stats/sketches/quantile-sketch.ts';
import type { AggregateOptions, AggregateVector, BucketOptions, BucketParts, TopPart } from '../aggregate.ts';
import { defineVector } from '../define-vector.ts';
import type { EveryEvent, Predicate, PredicateReads } from '../predicate.ts';

const ERROR_DEFAULT = 0.01;
const BUCKETS_DEFAULT = 128;
const BUCKETS_MAX = 2_048;

export interface QuantilesOptions<Part extends string = string> {
  /** Name of each feature and its quantile, 0 to 1: `{ p50: 0.5, p99: 0.99 }`. */
  readonly at: Readonly<Record<Part, number>>;
  /** Relative error, 0.001 to 0.25; 0.01 by default. It doubles whenever the values need more buckets than there are. */
  readonly error?: number;
  /** Of the sketch, 16 to 2,048; 128 by default, and always with `bucketBy`. Values that differ by less than twice the error may share one. */
  readonly buckets?: number;
}

const quantilesCheck: OptionCheck = (at) => {
  const what =
    Object.keys(Object(at) as object).length === 0
      ? 'it names no quantile'
      : byName(number(0, 1), 'quantiles')(at);
  return what === null ? null : `${what}: give { p50: 0.5 }, say`;
};

const quantilesOf = defineVector({
  name: 'quantiles',
  input: 'number',
  checks: {
    at: required(quantilesCheck, '{ p50: 0.5, p99: 0.99 }'),
    error: number(0.001, 0.25),
    buckets: whole(16, BUCKETS_MAX),
  },
  make: ({ at, error = ERROR_DEFAULT, buckets = BUCKETS_DEFAULT }: QuantilesOptions) => {
    const { quantile, ...sketch } = quantileSketch(error, buckets);
    return {
      ...sketch,
      isSparse: true,
      parts: Object.fromEntries(
        Object.entries(at).map(([part, share]) => [
          part,
          { read: (slab: Float64Array, from: number): number => quantile(slab, from, share) },
        ]),
      ),
    };
  },
});

/**
 * Quantiles of the values that are not null, features `<name>_<part>`; NaN if there is none. The quantile q is the value at
 * rank floor(q * (n - 1)) in ascending order, within the relative error. With the defaults that is 1 % for any 128 different
 * values and for any number of them whose greatest is at most 12 times the least; each doubling of the error squares that
 * ratio. Exact are the least and the greatest value.
 */
export function quantiles<
  const C extends string,
  const B extends string,
  Part extends string,
  K extends string = TopPart,
  W extends Predicate = EveryEvent,
>(
  column: C,
  options: AggregateOptions<W> & Omit<QuantilesOptions<Part>, 'buckets'> & BucketOptions<B, K>,
): AggregateVector<NumberRead<C> | StringRead<B> | PredicateReads<NoInfer<W>>, BucketParts<NoInfer<K>, Part>>;
export function quantiles<const C extends string, Part extends string, W extends Predicate = EveryEvent>(
  column: C,
  options: AggregateOptions<W> & QuantilesOptions<Part>,
): AggregateVector<NumberRead<C> | PredicateReads<NoInfer<W>>, Part>;
export function quantiles(
  column: string,
  options: AggregateOptions & Pick<QuantilesOptions, 'at'>,
): AggregateVector {
  return quantilesOf(column, options);
}
