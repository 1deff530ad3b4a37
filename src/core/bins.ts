// The bin that a number is in (hot path).

/** How many of the edges, which ascend, are not above the number; NaN for NaN. */
export function binOf(edges: Float64Array, x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] as number) <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}
