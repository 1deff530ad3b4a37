// Compares figures with their references.

/** True if |a - b| <= tolerance; the tolerance is relative to b if |b| > 1. NaN and infinities are near themselves only. */
export function near(a: number, b: number, tolerance: number): boolean {
  if (Object.is(a, b) || a === b) return true;
  return Number.isFinite(b) && Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b));
}

/** True if all pairs are near. */
export function allNear(a: ArrayLike<number>, b: ArrayLike<number>, tolerance: number): boolean {
  return a.length === b.length && Array.from(a).every((x, i) => near(x, b[i]!, tolerance));
}
