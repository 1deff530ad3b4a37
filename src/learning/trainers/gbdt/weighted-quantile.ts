// A quantile of weighted values (hot path of training).

/**
 * The least value up to which there is the share `level` of the weight: no other value has a lower weighted pinball loss. 0 without
 * rows. Both arrays may be reordered.
 */
export function weightedQuantile(values: Float64Array, weights: Float32Array, level: number): number {
  const count = values.length;
  if (count === 0) return 0;
  if (areAlike(weights)) return values.sort()[Math.max(0, Math.ceil(level * count) - 1)] as number;
  const order = Uint32Array.from(values.keys()).sort(
    (a, b) => (values[a] as number) - (values[b] as number) || a - b,
  );
  let rest = level * weights.reduce((sum, weight) => sum + weight, 0);
  for (const row of order) {
    rest -= weights[row] as number;
    if (rest <= 0) return values[row] as number;
  }
  return values[order.at(-1) as number] as number;
}

function areAlike(weights: Float32Array): boolean {
  return weights.every((weight) => weight === weights[0]);
}
