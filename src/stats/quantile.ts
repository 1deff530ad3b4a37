// The one definition of a sample quantile used here (control path).

/**
 * The q-quantile of an ascending sample by linear interpolation: NumPy's default method, Hyndman and Fan's type 7
 * ("Sample quantiles in statistical packages", The American Statistician 50, 1996). NaN for an empty sample.
 *
 * @example
 * ```ts
 * sampleQuantile(Float64Array.of(1, 2, 3, 4), 0.5) // => 2.5
 * ```
 */
export function sampleQuantile(ascending: Float32Array | Float64Array, q: number): number {
  const count = ascending.length;
  if (count === 0) return NaN;
  const position = q * (count - 1);
  const below = Math.floor(position);
  const a = ascending[below] as number;
  const b = ascending[Math.min(below + 1, count - 1)] as number;
  const t = position - below;
  // The distance of two doubles may be no double.
  if (!Number.isFinite(b - a)) return a * (1 - t) + b * t;
  // From the nearer end, as NumPy does: the result then never leaves [a, b] by rounding.
  return t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t);
}
