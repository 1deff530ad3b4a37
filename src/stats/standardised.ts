// Values in deviations from their mean (hot path of labels: a few multiplications a value).

/** Values that are seen before any is standardised: their mean and deviation are not known yet. */
const WARM_UP = 30;
/** Weight of the newest value in mean and deviation once there are many: the level of some thousand values. */
const RATE_MIN = 1 / 2_000;
/** Standardised values are cut off this many deviations either side: a single loss may be a hundred. */
const CLIP = 4;
/** Values of one block, and the number of blocks of which the means are compared. */
const BLOCK = 64;
const BLOCKS = 31;
/** Blocks before which values count as independent. */
const BLOCKS_MIN = 7;
/** Median of a chi-square variable with one degree of freedom. */
const CHI_SQUARE_MEDIAN = 0.4549;

export interface StandardisedSnapshot {
  readonly count: number;
  readonly mean: number;
  readonly square: number;
  readonly blockSum: number;
  readonly blocks: readonly number[];
}

/**
 * Mean and mean square of the values so far, older ones fading: what one of them is compared with. Where neighbours resemble
 * each other, as the delays of one storm do, means of many values vary more than independent values would let them; values are
 * then divided by how much more, so that a detector needs as much more evidence.
 */
export class Standardised {
  readonly #deviationMin: number;
  #count = 0;
  #mean = 0;
  #square = 0;
  #blockSum = 0;
  /** Squared distance of each block's mean from the level then, in units of its variance if values were independent. */
  #blocks: number[] = [];
  #inflation = 1;

  /** @param deviationMin the deviation that counts at least: what is smaller does not matter */
  constructor(deviationMin: number) {
    this.#deviationMin = deviationMin;
  }

  /** Takes a value; in deviations from the mean of those before it, clipped. NaN while too few are known. */
  next(value: number): number {
    const spread = Math.sqrt(Math.max(0, this.#square - this.#mean * this.#mean));
    const deviation = Math.max(this.#deviationMin, spread);
    const away = value - this.#mean;
    const standard =
      this.#count < WARM_UP
        ? Number.NaN
        : Math.min(CLIP, Math.max(-CLIP, away / deviation)) / this.#inflation;
    this.#blockSum += away / deviation;
    this.#count += 1;
    if (this.#count % BLOCK === 0) this.#endBlock();
    const rate = Math.max(RATE_MIN, 1 / this.#count);
    this.#mean += rate * away;
    this.#square += rate * (value * value - this.#square);
    return standard;
  }

  #endBlock(): void {
    this.#blocks.push((this.#blockSum * this.#blockSum) / BLOCK);
    if (this.#blocks.length > BLOCKS) this.#blocks.shift();
    this.#blockSum = 0;
    this.#inflation = inflationOf(this.#blocks);
  }

  snapshot(): StandardisedSnapshot {
    return {
      count: this.#count,
      mean: this.#mean,
      square: this.#square,
      blockSum: this.#blockSum,
      blocks: this.#blocks,
    };
  }

  restore({ count, mean, square, blockSum, blocks }: StandardisedSnapshot): void {
    this.#count = count;
    this.#mean = mean;
    this.#square = square;
    this.#blockSum = blockSum;
    this.#blocks = [...blocks];
    this.#inflation = inflationOf(this.#blocks);
  }
}

/** How much more the means of blocks vary than those of independent values; 1 at least. The median: a change is in few blocks. */
function inflationOf(blocks: readonly number[]): number {
  if (blocks.length < BLOCKS_MIN) return 1;
  const sorted = blocks.toSorted((a, b) => a - b);
  return Math.max(1, (sorted[sorted.length >> 1] as number) / CHI_SQUARE_MEDIAN);
}
