// False discovery rate over many tests (control path): one test a feature would raise false alarms by their number.

/**
 * Benjamini-Hochberg adjusted p-values, in the order given. NaN (a test that was not made) stays NaN and does not
 * count in the family. Equal to scipy.stats.false_discovery_control(method='bh').
 *
 * Source: Y. Benjamini, Y. Hochberg, "Controlling the false discovery rate" (JRSS B 57, 1995).
 *
 * @example
 * ```ts
 * Array.from(adjustPValues([0.01, 0.04, 0.03, 0.5]), (p) => p.toFixed(4)) // => ['0.0400', '0.0533', '0.0533', '0.5000']
 * ```
 */
export function adjustPValues(pValues: ArrayLike<number>): Float64Array {
  const adjusted = new Float64Array(pValues.length).fill(NaN);
  const order = Array.from(pValues, (_, i) => i).filter((i) => !Number.isNaN(pValues[i] as number));
  order.sort((a, b) => (pValues[b] as number) - (pValues[a] as number));
  const family = order.length;
  let lowest = 1;
  order.forEach((at, fromLargest) => {
    lowest = Math.min(lowest, ((pValues[at] as number) * family) / (family - fromLargest));
    adjusted[at] = lowest;
  });
  return adjusted;
}
