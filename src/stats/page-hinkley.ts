// Page-Hinkley test (hot path: a few additions a value).
import { defined } from '../core/definition.ts';
import { checkedOptions, number, oneOfTexts, whole, type OptionChecks } from '../core/option-checks.ts';
import { MillraceError } from '../core/errors.ts';
import { WATCHED, watcherName, type DriftDetector, type Watched } from './drift-detector.ts';

/** Of `PageHinkley` in units of its input, with River's defaults; of `pageHinkley()` in what it watches. */
export interface PageHinkleyOptions {
  /** Values before the first detection; 30. */
  readonly minInstances?: number;
  /** Size of a change that is tolerated; 0.005, and 0.15 standard deviations. */
  readonly delta?: number;
  /** Cumulative deviation that is a change (lambda of the paper); 50, and 30 standard deviations. */
  readonly threshold?: number;
  /** Factor by which older deviations fade; 0.9999, and 1: faded ones raise an alarm now and then without a change. */
  readonly alpha?: number;
}

export interface PageHinkleyDetectorOptions extends PageHinkleyOptions {
  /** `standardised` losses by default. */
  readonly watches?: Watched;
}

const OPTIONS: OptionChecks<PageHinkleyDetectorOptions> = {
  watches: oneOfTexts(WATCHED),
  minInstances: whole(1),
  delta: number(0),
  threshold: number(Number.MIN_VALUE),
  alpha: number(Number.MIN_VALUE, 1),
};

export interface PageHinkleyTestOptions extends PageHinkleyOptions {
  /** Which changes of the mean count; both. */
  readonly mode?: 'up' | 'down' | 'both';
}

export interface PageHinkleySnapshot {
  readonly count: number;
  readonly mean: number;
  readonly rise: number;
  /** Null before the first value (infinity has no JSON). */
  readonly riseLowest: number | null;
  readonly fall: number;
  readonly fallHighest: number;
  readonly changed: boolean;
  /** Values since `rise` was lowest; snapshots before 0.2.0 have none. */
  readonly sinceLowest?: number;
}

/**
 * Detects a change of the mean of a stream from the cumulative deviation of its values from their running mean.
 * After a detection the test starts again with the next value. Equal to River's drift.PageHinkley, detection by detection.
 *
 * Source: E. S. Page, "Continuous inspection schemes" (Biometrika 41, 1954).
 *
 * @example
 * ```ts
 * const detector = new PageHinkley();
 * const at = [];
 * for (let i = 0; i < 200; i += 1) if (detector.update(i < 100 ? 0 : 5)) at.push(i);
 * at // => [110]
 * ```
 */
export class PageHinkley {
  readonly #minInstances: number;
  readonly #delta: number;
  readonly #threshold: number;
  readonly #alpha: number;
  readonly #mode: 'up' | 'down' | 'both';
  #count = 0;
  #mean = 0;
  #rise = 0;
  #riseLowest = Infinity;
  #fall = 0;
  #fallHighest = -1; // River's start: deviations fall below it at once, unless they begin by rising
  #changed = false;
  #sinceLowest = 0;

  constructor(options: PageHinkleyTestOptions = {}) {
    this.#minInstances = options.minInstances ?? 30;
    this.#delta = options.delta ?? 0.005;
    this.#threshold = options.threshold ?? 50;
    this.#alpha = options.alpha ?? 1 - 0.0001;
    this.#mode = options.mode ?? 'both';
    if (!(this.#alpha > 0 && this.#alpha <= 1) || !(this.#threshold > 0)) {
      throw new MillraceError('CONFIG_INVALID', 'Page-Hinkley cannot work with these settings', {
        where: `alpha ${this.#alpha}, threshold ${this.#threshold}`,
        remedy: 'Give an alpha in (0, 1] and a threshold above 0.',
      });
    }
  }

  /** Running mean since the last change; 0 before the first value. */
  get estimation(): number {
    return this.#mean;
  }

  /** Values since the cumulative deviation was lowest: where a rise began. */
  get sinceLowest(): number {
    return this.#sinceLowest;
  }

  /** Takes one value; true if it completes the evidence of a change. */
  update(x: number): boolean {
    if (this.#changed) this.#begin();
    this.#count += 1;
    this.#mean += (1 / this.#count) * (x - this.#mean);
    const deviation = x - this.#mean;
    this.#rise = this.#alpha * this.#rise + deviation - this.#delta;
    this.#fall = this.#alpha * this.#fall + deviation + this.#delta;
    this.#sinceLowest += 1;
    if (this.#rise < this.#riseLowest) {
      this.#riseLowest = this.#rise;
      this.#sinceLowest = 0;
    }
    if (this.#fall > this.#fallHighest) this.#fallHighest = this.#fall;
    if (this.#count < this.#minInstances) return false;
    const rose = this.#mode !== 'down' && this.#rise - this.#riseLowest > this.#threshold;
    const fell = this.#mode !== 'up' && this.#fallHighest - this.#fall > this.#threshold;
    this.#changed = rose || fell;
    return this.#changed;
  }

  snapshot(): PageHinkleySnapshot {
    return {
      count: this.#count,
      mean: this.#mean,
      rise: this.#rise,
      riseLowest: Number.isFinite(this.#riseLowest) ? this.#riseLowest : null,
      fall: this.#fall,
      fallHighest: this.#fallHighest,
      changed: this.#changed,
      sinceLowest: this.#sinceLowest,
    };
  }

  restore(snapshot: PageHinkleySnapshot): void {
    this.#count = snapshot.count;
    this.#mean = snapshot.mean;
    this.#rise = snapshot.rise;
    this.#riseLowest = snapshot.riseLowest ?? Infinity;
    this.#fall = snapshot.fall;
    this.#fallHighest = snapshot.fallHighest;
    this.#changed = snapshot.changed;
    this.#sinceLowest = snapshot.sinceLowest ?? 0;
  }

  #begin(): void {
    this.restore({
      count: 0,
      mean: 0,
      rise: 0,
      riseLowest: null,
      fall: 0,
      fallHighest: -1,
      changed: false,
    });
  }
}

const DETECTOR_DEFAULTS = { delta: 0.15, threshold: 30, alpha: 1 } as const;

/**
 * The Page-Hinkley test for a rise of the loss, or of the share of errors, in standard deviations. Null: without a change fewer
 * than one alarm in 20,000 labels, for probabilities from 1 to 40 % of an error.
 * @see PageHinkley
 */
export function pageHinkley(given: PageHinkleyDetectorOptions = {}): DriftDetector<PageHinkleySnapshot> {
  const { options, problems } = checkedOptions(given, OPTIONS);
  const { watches = 'standardised', ...chosen } = options;
  const detector: DriftDetector<PageHinkleySnapshot> = {
    name: watcherName('page_hinkley', watches),
    watches,
    open() {
      const test = new PageHinkley({ ...DETECTOR_DEFAULTS, ...chosen, mode: 'up' });
      return {
        update: (value) => test.update(value),
        report: () => ({ value: test.estimation }),
        sinceChange: () => test.sinceLowest,
        snapshot: () => test.snapshot(),
        restore: (snapshot) => test.restore(snapshot),
      };
    },
  };
  return defined(detector, { given: Object(given) as object, options: OPTIONS, problems });
}
