// What the gauntlet's model says of a vector, in plain arithmetic: half of the softsign of a weighted sum, plus a half. A
// missing feature counts as zero.

/** The weight of each feature: numbers and categories are brought to about one. */
export function weightOf(feature: number): number {
  return Math.fround((feature === 1 ? 1e-7 : 0.003) * (feature + 1));
}

/** What differs between the versions of a world's model. */
export interface ModelNumbers {
  /** Of every weight. */
  readonly factor: number;
  /**
   * Of the score where the weighted sum is far from 0, as no row of the golden batch has it: beyond 1 some scores are none
   * that the task can have. NaN: none of those is a number.
   */
  readonly gain: number;
}

/** A version that was promoted in the midst of a world. */
export interface Champion extends ModelNumbers {
  readonly version: string;
  /** By partition: the first offset that it scores; 0 for partitions that are not listed. */
  readonly from: ReadonlyMap<number, number>;
}

export const FIRST_VERSION = 'v1';

/** Weighted sums beyond it are far from 0. */
export const FAR = 0.0625;

export function scoreOf(features: readonly number[], { factor, gain }: ModelNumbers): number {
  const weighted = features.reduce(
    (all, value, i) => all + (Number.isNaN(value) ? 0 : value * weightOf(i) * factor),
    0,
  );
  const sum = Math.fround(weighted); // infinite where the model's Float32 is
  const score = 0.5 * (sum / (1 + Math.abs(sum))) + 0.5;
  return Math.abs(sum) > FAR ? gain * score : score;
}
