// One addition to a sum that is never negative (hot path of labels).

/** Adds to a slot whose addends are all at least 0. One that is taken out again leaves no rounding below 0. */
export function addTo(slab: Float64Array, at: number, by: number): void {
  slab[at] = Math.max(0, (slab[at] as number) + by);
}
