// Test-then-train quality of predicted values (hot path of labels: one row is a dozen additions).
import { invariant } from '../core/errors.ts';
import { MOMENTS_WIDTH, momentsMerge, momentsRemove, momentsUpdate } from '../core/moments.ts';
import { addTo } from './add-to.ts';

/** Figures over `count` rows; NaN without a row. */
export interface ErrorMetrics {
  readonly count: number;
  /** Mean absolute error. */
  readonly mae: number;
  /** Root of the mean squared error. */
  readonly rmse: number;
  /** Share of the labels' variance that is explained; NaN for fewer than two rows. Of equal labels 1 without an error, else 0. */
  readonly r2: number;
}

// Slots of the slab behind the moments of the labels.
const ABSOLUTE = MOMENTS_WIDTH;
const SQUARES = ABSOLUTE + 1;
const SLOTS = SQUARES + 1;

/**
 * Accumulates rows as their labels arrive. All of it is sums in one slab, so partitions merge in any order but for rounding.
 * Equal to sklearn.metrics.mean_absolute_error, root_mean_squared_error and r2_score.
 *
 * @example
 * ```ts
 * const quality = new RegressionQuality();
 * quality.add(2, 1);
 * quality.add(2, 2);
 * quality.add(2, 6);
 * const { count, mae, r2 } = quality.metrics();
 * [count, Math.round(mae * 100), Math.round(r2 * 100)] // => [3, 167, -21]
 * ```
 */
export class RegressionQuality {
  readonly #slab = new Float64Array(SLOTS);

  get count(): number {
    return this.#slab[0] as number;
  }

  /** Adds one row; both are finite. */
  add(value: number, label: number): void {
    const slab = this.#slab;
    const error = value - label;
    momentsUpdate(slab, 0, label);
    addTo(slab, ABSOLUTE, Math.abs(error));
    addTo(slab, SQUARES, error * error);
  }

  /** Takes out a row that was added. */
  remove(value: number, label: number): void {
    const slab = this.#slab;
    const error = value - label;
    momentsRemove(slab, 0, label);
    addTo(slab, ABSOLUTE, -Math.abs(error));
    addTo(slab, SQUARES, -error * error);
  }

  /** Adds all rows of another accumulator. */
  merge(other: RegressionQuality): void {
    const [slab, added] = [this.#slab, other.#slab];
    momentsMerge(slab, 0, added, 0);
    slab[ABSOLUTE] = (slab[ABSOLUTE] as number) + (added[ABSOLUTE] as number);
    slab[SQUARES] = (slab[SQUARES] as number) + (added[SQUARES] as number);
  }

  metrics(): ErrorMetrics {
    const { count } = this;
    const squares = this.#slab[SQUARES] as number;
    return {
      count,
      mae: (this.#slab[ABSOLUTE] as number) / count,
      rmse: Math.sqrt(squares / count),
      r2: count < 2 ? Number.NaN : explained(squares, this.#slab[2] as number),
    };
  }

  /** The slab. */
  snapshot(): Float64Array {
    return this.#slab.slice();
  }

  /** Continues from a slab. */
  restore(slab: ArrayLike<number>): void {
    invariant(slab.length === SLOTS, 'a snapshot of regression errors has all sums');
    this.#slab.set(slab);
  }
}

/** Where rows were taken out, labels that are equal have a variance by rounding. No R² of use is below -1e24. */
const ROUNDING = 1e-24;

function explained(squares: number, labelSquares: number): number {
  if (labelSquares > ROUNDING * squares) return 1 - squares / labelSquares;
  return squares === 0 ? 1 : 0;
}
