// Gradients of the rows in fixed point (hot path of training). Their sums are exact whatever the order of the rows, which makes
// the subtraction of histograms exact as well and leaves no rounding that could decide between two equal splits.

/** Bits of an exact sum of integers in a double. */
const SUM_BITS = 53;
const EXPONENT_MIN = -500;

/** First and second derivatives of the loss by the score, weighted, of the rows that a tree is fitted to. */
export class Gradients {
  /** By row: the first derivative in units of `gradientUnit`, an integer. */
  readonly first: Float64Array;
  /** By row: one row in units of `rowUnit` and the second derivative in units of `curvatureUnit`, in one integer. */
  readonly second: Float64Array;
  gradientUnit = 1;
  curvatureUnit = 1;
  /** What a row counts in sums of `second`; a power of two. */
  rowUnit = 1;

  constructor(rowCount: number) {
    this.first = new Float64Array(rowCount);
    this.second = new Float64Array(rowCount);
  }

  /**
   * Takes derivatives over. The second is rounded up: sums of it may be 0 for no row.
   * @param rows those that count
   */
  set(first: Float64Array, second: Float64Array, rows: Uint32Array): void {
    const count = rows.length;
    let firstMax = 0;
    let secondMax = 0;
    for (let i = 0; i < count; i += 1) {
      const row = rows[i] as number;
      const size = Math.abs(first[row] as number);
      if (size > firstMax) firstMax = size;
      if ((second[row] as number) > secondMax) secondMax = second[row] as number;
    }
    const countBits = Math.ceil(Math.log2(count + 1));
    this.gradientUnit = unitFor(firstMax, SUM_BITS - countBits);
    this.rowUnit = 2 ** (SUM_BITS - countBits);
    this.curvatureUnit = unitFor(secondMax, SUM_BITS - 2 * countBits - 1);
    const { gradientUnit, curvatureUnit, rowUnit } = this;
    for (let i = 0; i < count; i += 1) {
      const row = rows[i] as number;
      this.first[row] = Math.round((first[row] as number) / gradientUnit);
      this.second[row] = rowUnit + Math.max(1, Math.ceil((second[row] as number) / curvatureUnit));
    }
  }
}

/** The power of two of which `largest` is at most 2^bits, and whose square is a number. */
function unitFor(largest: number, bits: number): number {
  return largest > 0 ? 2 ** Math.max(EXPONENT_MIN, Math.ceil(Math.log2(largest)) - Math.max(1, bits)) : 1;
}
