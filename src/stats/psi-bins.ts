// Bins of a population stability index, made from a reference sample, and counting into them (hot path).
import { invariant } from '../core/errors.ts';
import { sampleQuantile } from './quantile.ts';

/**
 * JSON-able. Numeric: `edges` ascend from the least value over the distinct inner quantiles to the greatest, and inner
 * bin i holds edges[i] < v <= edges[i + 1], the first one its lower edge as well. Categorical: inner bin i holds the
 * value edges[i], the most frequent first. Two bins follow the inner ones: `other` (below the least or above the
 * greatest finite reference value, the infinities included, or a category without a bin) and `missing` (NaN).
 */
export interface PsiBins {
  readonly kind: 'numeric' | 'categorical';
  readonly edges: readonly number[];
  /** Share of the reference in each bin, `other` and `missing` last; sums to 1. */
  readonly shares: readonly number[];
}

/** Least share of a bin on either side of a PSI: an empty bin would make the index infinite. */
export const PSI_EPS = 1e-4;

/** A category has a bin of its own from this share of the reference on: rarer ones make the figure noisy. */
const CATEGORY_SHARE_MIN = 0.01;

/**
 * Bins of a numeric feature: the reference's quantiles (deciles by default), equal ones merged. Inner bins are open
 * below and closed above, so a value that many rows share at the low end has a bin of its own.
 *
 * @example
 * ```ts
 * psiBins(Float64Array.of(0, 0, 0, 1, 2, 3, NaN), 4).edges // => [0, 0, 0.5, 1.75, 3]
 * ```
 */
export function psiBins(reference: Float32Array | Float64Array, binCount = 10): PsiBins {
  const finite = reference.filter((v) => Number.isFinite(v)).sort();
  const least = finite.at(0);
  const greatest = finite.at(-1);
  if (least === undefined || greatest === undefined) return withShares('numeric', [], 0, reference);
  const inner = Array.from({ length: binCount - 1 }, (_, i) => sampleQuantile(finite, (i + 1) / binCount));
  const distinct = inner.filter((edge, i) => edge < greatest && edge !== inner[i - 1]);
  return withShares('numeric', [least, ...distinct, greatest], distinct.length + 1, reference);
}

/** Bins of a categorical feature whose categories are exact numbers: one each from 1 % of the reference on. */
export function psiBinsCategorical(reference: Float32Array | Float64Array): PsiBins {
  const counts = new Map<number, number>();
  for (const v of reference) if (Number.isFinite(v)) counts.set(v, (counts.get(v) ?? 0) + 1);
  const common = [...counts].filter(([, count]) => count >= CATEGORY_SHARE_MIN * reference.length);
  common.sort(([a, countA], [b, countB]) => countB - countA || a - b);
  const codes = common.map(([code]) => code);
  return withShares('categorical', codes, codes.length, reference);
}

/**
 * Adds `rowCount` values to `counts` (as long as bins.shares): value r is values[offset + r * stride], so that a column
 * of a row-major matrix is counted in place with its width as the stride.
 */
export function psiCount(
  bins: PsiBins,
  values: Float32Array | Float64Array,
  counts: Float64Array,
  rowCount: number = values.length,
  stride = 1,
  offset = 0,
): void {
  invariant(counts.length === bins.shares.length, 'there is a count for each bin');
  invariant(
    rowCount === 0 || offset + (rowCount - 1) * stride < values.length,
    'a column lies in its matrix',
  );
  const count = bins.kind === 'numeric' ? countNumeric : countCategories;
  count(bins.edges, values, counts, rowCount, stride, offset);
}

function countNumeric(
  edges: readonly number[],
  values: Float32Array | Float64Array,
  counts: Float64Array,
  rowCount: number,
  stride: number,
  offset: number,
): void {
  const other = counts.length - 2;
  const missing = counts.length - 1;
  const least = edges[0] ?? Infinity;
  const greatest = edges.at(-1) ?? -Infinity;
  const inner = Float64Array.from(edges.slice(1, -1));
  for (let row = 0, at = offset; row < rowCount; row += 1, at += stride) {
    const v = values[at] as number;
    let bin = 0;
    if (v >= least && v <= greatest) {
      // Nine comparisons without a branch are quicker than a search that the processor mispredicts.
      for (let i = 0; i < inner.length; i += 1) bin += v > (inner[i] as number) ? 1 : 0;
    } else {
      bin = Number.isNaN(v) ? missing : other;
    }
    counts[bin] = (counts[bin] as number) + 1;
  }
}

function countCategories(
  codes: readonly number[],
  values: Float32Array | Float64Array,
  counts: Float64Array,
  rowCount: number,
  stride: number,
  offset: number,
): void {
  const other = counts.length - 2;
  const missing = counts.length - 1;
  const binOf = new Map(codes.map((code, bin) => [code, bin]));
  for (let row = 0, at = offset; row < rowCount; row += 1, at += stride) {
    const v = values[at] as number;
    const bin = Number.isNaN(v) ? missing : (binOf.get(v) ?? other);
    counts[bin] = (counts[bin] as number) + 1;
  }
}

function withShares(
  kind: PsiBins['kind'],
  edges: readonly number[],
  innerCount: number,
  reference: Float32Array | Float64Array,
): PsiBins {
  invariant(reference.length > 0, 'bins are made from at least one row');
  const counts = new Float64Array(innerCount + 2);
  psiCount({ kind, edges, shares: Array.from(counts) }, reference, counts);
  return { kind, edges, shares: Array.from(counts, (count) => count / reference.length) };
}
