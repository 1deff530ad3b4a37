// Test-then-train quality of predicted values with quantiles (hot path of labels: one row is a few additions a quantile).
import { invariant } from '../core/errors.ts';
import { addTo } from './add-to.ts';
import { pinballLoss } from './pinball-loss.ts';
import { RegressionQuality, type ErrorMetrics } from './regression-quality.ts';

/** Figures over `count` rows; NaN without a row. */
export interface QuantileMetrics extends ErrorMetrics {
  /** Mean of `pinballs`. */
  readonly pinball: number;
  /** Mean pinball loss of each level. */
  readonly pinballs: readonly number[];
  /** Of each level, the share of the labels up to its quantile: the level, for one that is right. */
  readonly shares: readonly number[];
  /** Share of the labels from one quantile to another: by default from the first to the last. */
  readonly coverage: number;
  /** Mean distance of those two. */
  readonly width: number;
}

/** Before the levels: labels within the interval, sum of its widths. */
const BETWEEN = 2;
/** Of a level: sum of the pinball loss, labels up to the quantile. */
const PAIR = 2;

/**
 * Accumulates rows as their labels arrive. All of it is sums, so partitions merge in any order but for rounding. Equal to
 * sklearn.metrics.mean_pinball_loss, and for the values to what RegressionQuality is equal to.
 *
 * Source: R. Koenker, G. Bassett, "Regression quantiles" (Econometrica 46, 1978).
 *
 * @example
 * ```ts
 * const quality = new QuantileQuality([0.1, 0.9]);
 * quality.add(5, 6, [2, 8]);
 * quality.add(5, 9, [2, 8]);
 * const { pinballs, coverage } = quality.metrics();
 * [pinballs.map((loss) => loss.toFixed(2)), coverage] // => [['0.55', '0.55'], 0.5]
 * ```
 */
export class QuantileQuality {
  readonly #levels: readonly number[];
  readonly #values = new RegressionQuality();
  readonly #from: number;
  readonly #to: number;
  /** BETWEEN, then PAIR a level. */
  readonly #slab: Float64Array;

  /** @param ends indices of the levels between which labels are counted */
  constructor(levels: readonly number[], [from, to]: readonly [number, number] = [0, levels.length - 1]) {
    this.#levels = levels;
    this.#from = from;
    this.#to = to;
    this.#slab = new Float64Array(BETWEEN + PAIR * levels.length);
  }

  get count(): number {
    return this.#values.count;
  }

  /** Adds one row; its quantiles, ascending, begin at `at`. */
  add(value: number, label: number, quantiles: ArrayLike<number>, at = 0): void {
    this.#values.add(value, label);
    this.#count(label, quantiles, at, 1);
  }

  /** Takes out a row that was added. */
  remove(value: number, label: number, quantiles: ArrayLike<number>, at = 0): void {
    this.#values.remove(value, label);
    this.#count(label, quantiles, at, -1);
  }

  #count(label: number, quantiles: ArrayLike<number>, at: number, rows: 1 | -1): void {
    const [slab, levels] = [this.#slab, this.#levels];
    for (let k = 0; k < levels.length; k += 1) {
      const under = label - (quantiles[at + k] as number);
      const pair = BETWEEN + PAIR * k;
      addTo(slab, pair, rows * pinballLoss(levels[k] as number, under));
      addTo(slab, pair + 1, under <= 0 ? rows : 0);
    }
    const low = quantiles[at + this.#from] as number;
    const high = quantiles[at + this.#to] as number;
    if (label >= low && label <= high) addTo(slab, 0, rows);
    addTo(slab, 1, rows * (high - low));
  }

  /** Adds all rows of another accumulator of the same levels. */
  merge(other: QuantileQuality): void {
    const [into, added] = [this.#slab, other.#slab];
    invariant(into.length === added.length, 'only accumulators of the same quantiles are merged');
    this.#values.merge(other.#values);
    for (let i = 0; i < into.length; i += 1) into[i] = (into[i] as number) + (added[i] as number);
  }

  metrics(): QuantileMetrics {
    const { count } = this;
    const means = (slot: number): number[] =>
      this.#levels.map((_, k) => (this.#slab[BETWEEN + PAIR * k + slot] as number) / count);
    const pinballs = means(0);
    return {
      ...this.#values.metrics(),
      pinball: pinballs.reduce((sum, loss) => sum + loss, 0) / pinballs.length,
      pinballs,
      shares: means(1),
      coverage: (this.#slab[0] as number) / count,
      width: (this.#slab[1] as number) / count,
    };
  }

  /** All sums. */
  snapshot(): number[] {
    return [...this.#slab, ...this.#values.snapshot()];
  }

  /** Continues from a snapshot of the same levels. */
  restore(sums: readonly number[]): void {
    const { length } = this.#slab;
    this.#values.restore(sums.slice(length));
    this.#slab.set(sums.slice(0, length));
  }
}
