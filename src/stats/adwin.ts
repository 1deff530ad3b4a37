// ADWIN (hot path: a few additions a value, a scan of some tens of buckets every `clock` values).
import { defined } from '../core/definition.ts';
import { checkedOptions, oneOfTexts, share, whole, type OptionChecks } from '../core/option-checks.ts';
import { invariant, MillraceError } from '../core/errors.ts';
import { ADWIN_LEVELS_MAX } from '../core/loop-limits.ts';
import { WATCHED, watcherName, type DriftDetector, type Watched } from './drift-detector.ts';

export interface AdwinOptions {
  /** Chance of a false alarm that a check may take; 0.002. */
  readonly delta?: number;
  /** Values between two checks; 32. */
  readonly clock?: number;
  /** Buckets of one size before two of them merge; 5. */
  readonly maxBuckets?: number;
  /** Values that each side of a cut needs; 5. */
  readonly minWindowLength?: number;
  /** Values before the first check; 10. */
  readonly gracePeriod?: number;
}

export interface AdwinDetectorOptions extends AdwinOptions {
  /** `standardised` losses by default. */
  readonly watches?: Watched;
}

const OPTIONS: OptionChecks<AdwinDetectorOptions> = {
  watches: oneOfTexts(WATCHED),
  delta: share,
  clock: whole(1),
  maxBuckets: whole(2, 1_000),
  minWindowLength: whole(1),
  gracePeriod: whole(0),
};

export interface AdwinSnapshot {
  readonly total: number;
  readonly variance: number;
  readonly width: number;
  readonly tick: number;
  readonly changed: boolean;
  /** One list a bucket size (1, 2, 4 ... values), each oldest first: total and variance of a bucket in turn. */
  readonly levels: ReadonlyArray<readonly number[]>;
}

/**
 * Adaptive windowing: keeps the longest window of recent values in which no cut has two sides with different means, as
 * exponential buckets in O(log width) memory. Any real values. Equal to River's drift.ADWIN, which is ADWIN2 with the
 * variance bound; as there, the value after a detection starts a new window.
 *
 * Source: A. Bifet, R. Gavalda, "Learning from time-changing data with adaptive windowing" (SIAM SDM 2007).
 *
 * @example
 * ```ts
 * const detector = new Adwin();
 * const at = [];
 * for (let i = 0; i < 2000; i += 1) if (detector.update(i < 1000 ? i % 2 : 4 + (i % 4))) at.push(i);
 * at // => [1023]
 * ```
 */
export class Adwin {
  readonly #delta: number;
  readonly #clock: number;
  readonly #maxBuckets: number;
  readonly #minWindowLength: number;
  readonly #gracePeriod: number;
  /** Buckets a level has room for: one above the most it keeps, so that it can overflow before it merges. */
  readonly #room: number;
  readonly #totals: Float64Array;
  readonly #variances: Float64Array;
  readonly #sizes: Int32Array;
  #levelCount = 1;
  #total = 0;
  #variance = 0;
  #width = 0;
  #tick = 0;
  #changed = false;

  constructor(options: AdwinOptions = {}) {
    this.#delta = options.delta ?? 0.002;
    this.#clock = options.clock ?? 32;
    this.#maxBuckets = options.maxBuckets ?? 5;
    this.#minWindowLength = options.minWindowLength ?? 5;
    this.#gracePeriod = options.gracePeriod ?? 10;
    if (!(this.#delta > 0 && this.#delta < 1) || this.#clock < 1 || this.#maxBuckets < 2) {
      throw new MillraceError('CONFIG_INVALID', 'ADWIN cannot work with these settings', {
        where: `delta ${this.#delta}, clock ${this.#clock}, maxBuckets ${this.#maxBuckets}`,
        remedy: 'Give a delta in (0, 1), a clock of at least 1 and at least 2 buckets.',
      });
    }
    this.#room = this.#maxBuckets + 1;
    this.#totals = new Float64Array(ADWIN_LEVELS_MAX * this.#room);
    this.#variances = new Float64Array(ADWIN_LEVELS_MAX * this.#room);
    this.#sizes = new Int32Array(ADWIN_LEVELS_MAX);
  }

  /** Values in the window. */
  get width(): number {
    return this.#width;
  }

  /** Sum of the values in the window. */
  get total(): number {
    return this.#total;
  }

  /** Sum of squared distances from the window's mean, as far as the buckets show (River's `variance`). */
  get variance(): number {
    return this.#variance;
  }

  /** Mean of the window; 0 if it is empty. */
  get estimation(): number {
    return this.#width === 0 ? 0 : this.#total / this.#width;
  }

  /** Takes one value; true if the older part of the window had another mean and was dropped. */
  update(x: number): boolean {
    if (this.#changed) this.#begin();
    this.#insert(x);
    this.#tick += 1;
    if (this.#tick % this.#clock !== 0 || this.#width <= this.#gracePeriod) return false;
    while (this.#hasCut()) {
      this.#dropOldest();
      this.#changed = true;
    }
    return this.#changed;
  }

  #insert(x: number): void {
    this.#push(0, x, 0);
    this.#width += 1;
    if (this.#width > 1) {
      const distance = x - this.#total / (this.#width - 1);
      this.#variance += ((this.#width - 1) * distance * distance) / this.#width;
    }
    this.#total += x;
    for (let level = 0; (this.#sizes[level] as number) > this.#maxBuckets; level += 1)
      this.#mergeOldest(level);
  }

  /** Merges the two oldest buckets of a level into the newest of the next. */
  #mergeOldest(level: number): void {
    const at = level * this.#room;
    const each = 2 ** level;
    const first = this.#totals[at] as number;
    const second = this.#totals[at + 1] as number;
    const apart = first / each - second / each;
    const variance =
      (this.#variances[at] as number) + (this.#variances[at + 1] as number) + each * 0.5 * apart * apart;
    this.#push(level + 1, first + second, variance);
    this.#shift(level, 2);
  }

  #push(level: number, total: number, variance: number): void {
    invariant(level < ADWIN_LEVELS_MAX, 'an ADWIN window is shorter than its bound');
    const at = level * this.#room + (this.#sizes[level] as number);
    this.#totals[at] = total;
    this.#variances[at] = variance;
    this.#sizes[level] = (this.#sizes[level] as number) + 1;
    if (level >= this.#levelCount) this.#levelCount = level + 1;
  }

  #shift(level: number, count: number): void {
    const at = level * this.#room;
    const end = at + (this.#sizes[level] as number);
    this.#totals.copyWithin(at, at + count, end);
    this.#variances.copyWithin(at, at + count, end);
    this.#sizes[level] = (this.#sizes[level] as number) - count;
  }

  /** Whether some cut between two buckets, oldest first, has sides whose means differ beyond chance. */
  #hasCut(): boolean {
    const sideMin = this.#minWindowLength;
    const logTerm = Math.log((2 * Math.log(this.#width)) / this.#delta);
    const spread = this.#variance / this.#width;
    let n0 = 0;
    let n1 = this.#width;
    let u0 = 0;
    let u1 = this.#total;
    for (let level = this.#levelCount - 1; level >= 0; level -= 1) {
      const each = 2 ** level;
      const at = level * this.#room;
      const count = this.#sizes[level] as number;
      for (let bucket = 0; bucket < count; bucket += 1) {
        n0 += each;
        n1 -= each;
        u0 += this.#totals[at + bucket] as number;
        u1 -= this.#totals[at + bucket] as number;
        if (level === 0 && bucket === count - 1) return false;
        if (n0 < sideMin || n1 < sideMin) continue;
        const harmonic = 1 / (n0 - sideMin + 1) + 1 / (n1 - sideMin + 1);
        const epsilon = Math.sqrt(2 * harmonic * spread * logTerm) + (2 / 3) * logTerm * harmonic;
        if (Math.abs(u0 / n0 - u1 / n1) > epsilon) return true;
      }
    }
    return false;
  }

  #dropOldest(): void {
    const level = this.#levelCount - 1;
    const count = 2 ** level;
    const total = this.#totals[level * this.#room] as number;
    this.#width -= count;
    this.#total -= total;
    const apart = total / count - this.#total / this.#width;
    const between = (count * this.#width * apart * apart) / (count + this.#width);
    this.#variance -= (this.#variances[level * this.#room] as number) + between;
    this.#shift(level, 1);
    while (this.#levelCount > 1 && this.#sizes[this.#levelCount - 1] === 0) this.#levelCount -= 1;
  }

  #begin(): void {
    this.restore({ total: 0, variance: 0, width: 0, tick: 0, changed: false, levels: [[]] });
  }

  snapshot(): AdwinSnapshot {
    const levels = Array.from({ length: this.#levelCount }, (_, level) => {
      const pairs: number[] = [];
      for (let bucket = 0; bucket < (this.#sizes[level] as number); bucket += 1) {
        const at = level * this.#room + bucket;
        pairs.push(this.#totals[at] as number, this.#variances[at] as number);
      }
      return pairs;
    });
    return {
      total: this.#total,
      variance: this.#variance,
      width: this.#width,
      tick: this.#tick,
      changed: this.#changed,
      levels,
    };
  }

  /** Continues from a snapshot of a detector with the same options. */
  restore(snapshot: AdwinSnapshot): void {
    this.#total = snapshot.total;
    this.#variance = snapshot.variance;
    this.#width = snapshot.width;
    this.#tick = snapshot.tick;
    this.#changed = snapshot.changed;
    this.#sizes.fill(0);
    this.#levelCount = 1;
    snapshot.levels.forEach((pairs, level) => {
      for (let i = 0; i < pairs.length; i += 2) this.#push(level, pairs[i] as number, pairs[i + 1] as number);
    });
  }
}

/** Standardised values are clipped to 4 deviations either side, while ADWIN's bound is for values in [0, 1]. */
const RANGE = 8;

/**
 * ADWIN for a rise of the loss, or of the share of errors: an alarm when the window that is left has a higher mean than the one
 * before. Null: without a change fewer than one alarm in 100,000 labels. @see Adwin
 */
export function adwin(given: AdwinDetectorOptions = {}): DriftDetector<AdwinSnapshot> {
  const { options, problems } = checkedOptions(given, OPTIONS);
  const { watches = 'standardised', ...chosen } = options;
  const range = watches === 'loss' ? 1 : RANGE;
  const detector: DriftDetector<AdwinSnapshot> = {
    name: watcherName('adwin', watches),
    watches,
    open() {
      const window = new Adwin(chosen);
      return {
        update(value) {
          const before = window.estimation;
          return window.update(value / range) && window.estimation > before;
        },
        report: () => ({ value: window.estimation * range }),
        sinceChange: () => window.width,
        snapshot: () => window.snapshot(),
        restore: (snapshot) => window.restore(snapshot),
      };
    },
  };
  return defined(detector, { given: Object(given) as object, options: OPTIONS, problems });
}
