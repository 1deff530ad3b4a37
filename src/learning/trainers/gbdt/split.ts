// The best split of a leaf (hot path of training): one pass over the bins of each feature, two where values miss.
import type { BinnedFeature } from './binned-rows.ts';
import type { Gradients } from './gradients.ts';
import type { Histogram } from './histogram.ts';

/** What makes a split acceptable. */
export interface SplitRules {
  /** Added to the second derivative of a leaf. */
  readonly l2: number;
  /** Rows of each child, at least. */
  readonly leafRowsMin: number;
  /** Sum of second derivatives of each child, at least. */
  readonly leafWeightMin: number;
}

/** The rows of a leaf in sums of Gradients, and between what its score must lie. */
export interface LeafSums {
  readonly first: number;
  readonly second: number;
  readonly low: number;
  readonly high: number;
}

/** Rows of bins up to `bin` go left, and those without a value to the side of `missingLeft`. */
export interface Split {
  /** What it lowers the loss by, twice. */
  readonly gain: number;
  /** Index among the binned features. */
  readonly feature: number;
  readonly bin: number;
  readonly missingLeft: boolean;
  /** Sums of the rows that go left. */
  readonly first: number;
  readonly second: number;
}

/** A gain below this share of what a leaf has already is rounding. */
const GAIN_SHARE_MIN = 1e-10;

/** Finds splits of the leaves of one tree. */
export class SplitFinder {
  readonly #features: readonly BinnedFeature[];
  readonly #offsets: Int32Array;
  readonly #rules: SplitRules;
  readonly #gradients: Gradients;
  /** Of the best split so far. */
  #gain = 0;
  #bin = 0;
  #missingLeft = false;
  #first = 0;
  #second = 0;

  constructor(
    features: readonly BinnedFeature[],
    offsets: Int32Array,
    rules: SplitRules,
    gradients: Gradients,
  ) {
    this.#features = features;
    this.#offsets = offsets;
    this.#rules = rules;
    this.#gradients = gradients;
  }

  /** Of equal ones the first, by feature and bin; null if none is acceptable. @param chosen the features to try, ascending */
  best(histogram: Histogram, leaf: LeafSums, chosen: Int32Array): Split | null {
    const own = this.#scoreOf(leaf.first, leaf.second, leaf);
    const floor = own + GAIN_SHARE_MIN * Math.abs(own);
    this.#gain = floor;
    let found = -1;
    for (const feature of chosen) if (this.#tryFeature(histogram, leaf, feature)) found = feature;
    if (found < 0) return null;
    return {
      gain: this.#gain - own,
      feature: found,
      bin: this.#bin,
      missingLeft: this.#missingLeft,
      first: this.#first,
      second: this.#second,
    };
  }

  /** The score of a leaf: minus the sum of gradients over that of curvatures, within its bounds. */
  valueOf(first: number, second: number, { low, high }: Pick<LeafSums, 'low' | 'high'>): number {
    const value = -(first * this.#gradients.gradientUnit) / (this.#curvature(second) + this.#rules.l2);
    return Math.min(high, Math.max(low, value));
  }

  #tryFeature(histogram: Histogram, leaf: LeafSums, feature: number): boolean {
    const { edges, monotone } = this.#features[feature] as BinnedFeature;
    const offset = this.#offsets[feature] as number;
    const missingAt = offset + 2 * (edges.length + 1);
    const first = histogram[missingAt] as number;
    const second = histogram[missingAt + 1] as number;
    // Where none misses here, those that miss later go with most rows.
    const misses = second !== 0;
    const bins = edges.length;
    const right = this.#cut(histogram, leaf, offset, misses ? bins + 1 : bins, 0, 0, monotone);
    if (right) this.#missingLeft = !misses && 2 * this.#second > leaf.second;
    const left = misses && this.#cut(histogram, leaf, offset, bins, first, second, monotone);
    if (left) this.#missingLeft = true;
    return right || left;
  }

  /** Tries the cuts behind each of `bins` bins, with the sums of the missing values already on the left. */
  #cut(
    histogram: Histogram,
    leaf: LeafSums,
    offset: number,
    bins: number,
    first: number,
    second: number,
    monotone: number,
  ): boolean {
    const isBound = monotone !== 0 || leaf.low !== -Infinity || leaf.high !== Infinity;
    return isBound
      ? this.#cutBound(histogram, leaf, offset, bins, first, second, monotone)
      : this.#cutFree(histogram, leaf, offset, bins, first, second);
  }

  #cutFree(
    histogram: Histogram,
    leaf: LeafSums,
    offset: number,
    bins: number,
    missingFirst: number,
    missingSecond: number,
  ): boolean {
    const { rowUnit, curvatureUnit, gradientUnit } = this.#gradients;
    const { l2, leafRowsMin, leafWeightMin } = this.#rules;
    const perRow = 1 / rowUnit;
    const squareUnit = gradientUnit * gradientUnit;
    const allFirst = leaf.first;
    const allSecond = leaf.second;
    let best = this.#gain;
    let first = missingFirst;
    let second = missingSecond;
    let found = false;
    for (let bin = 0, at = offset; bin < bins; bin += 1, at += 2) {
      first += histogram[at] as number;
      second += histogram[at + 1] as number;
      const rows = Math.floor(second * perRow);
      if (rows < leafRowsMin) continue;
      const restSecond = allSecond - second;
      const restRows = Math.floor(restSecond * perRow);
      if (restRows < leafRowsMin) break;
      const weight = (second - rows * rowUnit) * curvatureUnit;
      const restWeight = (restSecond - restRows * rowUnit) * curvatureUnit;
      if (weight < leafWeightMin || restWeight < leafWeightMin) continue;
      const rest = allFirst - first;
      const gain = ((first * first) / (weight + l2) + (rest * rest) / (restWeight + l2)) * squareUnit;
      if (gain <= best) continue;
      best = gain;
      found = true;
      this.#bin = bin;
      this.#first = first;
      this.#second = second;
    }
    this.#gain = best;
    return found;
  }

  /** The same where scores are bound: by a constraint of this feature, or of one that was split above. */
  #cutBound(
    histogram: Histogram,
    leaf: LeafSums,
    offset: number,
    bins: number,
    missingFirst: number,
    missingSecond: number,
    monotone: number,
  ): boolean {
    const { rowUnit } = this.#gradients;
    const { leafRowsMin, leafWeightMin } = this.#rules;
    let first = missingFirst;
    let second = missingSecond;
    let found = false;
    for (let bin = 0, at = offset; bin < bins; bin += 1, at += 2) {
      first += histogram[at] as number;
      second += histogram[at + 1] as number;
      const restSecond = leaf.second - second;
      const rows = Math.min(Math.floor(second / rowUnit), Math.floor(restSecond / rowUnit));
      const weight = Math.min(this.#curvature(second), this.#curvature(restSecond));
      if (rows < leafRowsMin || weight < leafWeightMin) continue;
      const rest = leaf.first - first;
      const rise = this.valueOf(rest, restSecond, leaf) - this.valueOf(first, second, leaf);
      if (rise * monotone < 0) continue;
      const gain = this.#scoreOf(first, second, leaf) + this.#scoreOf(rest, restSecond, leaf);
      if (gain <= this.#gain) continue;
      this.#gain = gain;
      found = true;
      this.#bin = bin;
      this.#first = first;
      this.#second = second;
    }
    return found;
  }

  /** What the score of a leaf lowers the loss by, twice. */
  #scoreOf(first: number, second: number, bounds: Pick<LeafSums, 'low' | 'high'>): number {
    const value = this.valueOf(first, second, bounds);
    const gradient = first * this.#gradients.gradientUnit;
    return -(2 * gradient + (this.#curvature(second) + this.#rules.l2) * value) * value;
  }

  #curvature(second: number): number {
    const { rowUnit, curvatureUnit } = this.#gradients;
    return (second - Math.floor(second / rowUnit) * rowUnit) * curvatureUnit;
  }
}
