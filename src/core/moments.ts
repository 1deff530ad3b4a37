// Count, mean and sum of squared deviations in three consecutive slots of a Float64Array (hot path).
// Update: Welford (1962), "Note on a method for calculating corrected sums of squares and products".
// Merge: Chan, Golub, LeVeque (1979), "Updating formulae and a pairwise algorithm for computing sample variances".

/** Slots of one accumulator: count, mean, M2. */
export const MOMENTS_WIDTH = 3;

/**
 * Adds one value, which is not NaN. The formula leaves the infinities out, and differences that overflow: there the mean
 * is the weighted one. With an infinity the sum of squared deviations is NaN, and the mean is what it is in IEEE 754:
 * that infinity, or NaN with both.
 */
export function momentsUpdate(slab: Float64Array, at: number, value: number): void {
  const count = (slab[at] as number) + 1;
  const mean = slab[at + 1] as number;
  const delta = value - mean;
  const meanNext = Number.isFinite(delta)
    ? mean + delta / count
    : mean * ((count - 1) / count) + value / count;
  slab[at] = count;
  slab[at + 1] = meanNext;
  slab[at + 2] = (slab[at + 2] as number) + delta * (value - meanNext);
}

/** Share of a sum that removals leave uncertain: 2^-53 with a margin for many of them. */
const REMOVAL_PRECISION = 1e-12;

/** Takes out a value that was added. All of them are finite. */
export function momentsRemove(slab: Float64Array, at: number, value: number): void {
  const count = (slab[at] as number) - 1;
  if (count <= 0) return void slab.fill(0, at, at + MOMENTS_WIDTH);
  const mean = slab[at + 1] as number;
  const meanNext = mean - (value - mean) / count;
  slab[at] = count;
  slab[at + 1] = meanNext;
  const squares = slab[at + 2] as number;
  const left = squares - (value - mean) * (value - meanNext);
  // What is left of equal values is rounding.
  slab[at + 2] = left > REMOVAL_PRECISION * squares ? left : 0;
}

/** Merges the accumulator of `other` at `from` into the one at `at`. */
export function momentsMerge(slab: Float64Array, at: number, other: Float64Array, from: number): void {
  const countB = other[from] as number;
  if (countB === 0) return;
  const countA = slab[at] as number;
  if (countA === 0) {
    slab[at] = countB;
    slab[at + 1] = other[from + 1] as number;
    slab[at + 2] = other[from + 2] as number;
    return;
  }
  const count = countA + countB;
  const delta = (other[from + 1] as number) - (slab[at + 1] as number);
  slab[at] = count;
  slab[at + 1] = Number.isFinite(delta)
    ? (slab[at + 1] as number) + (delta * countB) / count
    : (slab[at + 1] as number) * (countA / count) + (other[from + 1] as number) * (countB / count);
  slab[at + 2] =
    (slab[at + 2] as number) + (other[from + 2] as number) + (delta * delta * countA * countB) / count;
}

/** Sample variance (n - 1); NaN for fewer than two values, and where one is infinite. */
export function momentsVariance(slab: Float64Array, at: number): number {
  const count = slab[at] as number;
  return count < 2 ? Number.NaN : (slab[at + 2] as number) / (count - 1);
}

/** The square root of the sample variance. */
export function momentsDeviation(slab: Float64Array, at: number): number {
  return Math.sqrt(momentsVariance(slab, at));
}
