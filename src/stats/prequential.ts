// Test-then-train quality of a binary model (hot path: one row is a dozen additions; reading it is the control path).
import { invariant, MillraceError } from '../core/errors.ts';
import { addTo } from './add-to.ts';
import { binnedRanking, type BinnedRanking } from './binned-ranking.ts';
import { logLoss } from './log-loss.ts';

export interface PrequentialOptions {
  /** A score from here on predicts the positive class; 0.5. */
  readonly threshold?: number;
  /** Bins of the score in which positives and negatives are counted for the areas under curves; 2,048. */
  readonly aucBins?: number;
  /** Bins of the reliability diagram; 10. */
  readonly reliabilityBins?: number;
}

/** Rows whose score lies in [low, high); the last bin holds 1 as well. Means are NaN where it is empty. */
export interface ReliabilityBin {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  readonly meanScore: number;
  readonly positiveShare: number;
}

/** Figures over `count` rows; NaN where they are undefined (no row, one class only, nothing predicted positive). */
export interface QualityMetrics extends BinnedRanking {
  readonly count: number;
  readonly positives: number;
  readonly logLoss: number;
  readonly brier: number;
  /** Rows by label and prediction: true negatives, false positives; false negatives, true positives. */
  readonly confusion: readonly [readonly [number, number], readonly [number, number]];
  readonly precision: number;
  readonly recall: number;
  /** The harmonic mean of precision and recall. */
  readonly f1: number;
  readonly calibrationError: number;
}

// Slots of the slab before the bins.
const COUNT = 0;
const POSITIVES = 1;
const LOG_LOSS = 2;
const BRIER = 3;
const TRUE_POSITIVES = 4;
const PREDICTED_POSITIVES = 5;
const HEAD = 6;

/**
 * Accumulates rows as their labels arrive: log loss, Brier score, AUC, average precision, confusion, precision, recall and F1 at a
 * threshold, expected calibration error. All of it is sums in one slab, so partitions merge by addition, in any order but for rounding.
 *
 * Sources: A. P. Dawid, "Present position and potential developments: the prequential approach" (JRSS A 147, 1984);
 * M. P. Naeini et al., "Obtaining well calibrated probabilities using Bayesian binning" (AAAI 2015) for the
 * calibration error. The areas under curves take two scores in one bin as tied, and have their greatest error beside them.
 *
 * @example
 * ```ts
 * const quality = new Prequential();
 * quality.add(0.9, 1);
 * quality.add(0.2, 0);
 * quality.add(0.6, 0);
 * const { count, auc, precision, recall } = quality.metrics();
 * [count, auc, precision, recall] // => [3, 1, 0.5, 1]
 * ```
 */
export class Prequential {
  readonly #threshold: number;
  readonly #aucBins: number;
  readonly #reliabilityBins: number;
  /** HEAD sums; count, score sum and positives a reliability bin; positives, then negatives an AUC bin. */
  readonly #slab: Float64Array;

  constructor(options: PrequentialOptions = {}) {
    this.#threshold = options.threshold ?? 0.5;
    this.#aucBins = options.aucBins ?? 2_048;
    this.#reliabilityBins = options.reliabilityBins ?? 10;
    if (!(this.#aucBins >= 2) || !(this.#reliabilityBins >= 1)) {
      throw new MillraceError('CONFIG_INVALID', 'quality metrics need bins', {
        where: `aucBins ${this.#aucBins}, reliabilityBins ${this.#reliabilityBins}`,
        remedy: 'Give at least 2 AUC bins and 1 reliability bin.',
      });
    }
    this.#slab = new Float64Array(HEAD + 3 * this.#reliabilityBins + 2 * this.#aucBins);
  }

  get count(): number {
    return this.#slab[COUNT] as number;
  }

  /** Adds one row: `score` in [0, 1], `label` 1 or 0. */
  add(score: number, label: number): void {
    this.#count(score, label, 1);
  }

  /** Takes out a row that was added. */
  remove(score: number, label: number): void {
    this.#count(score, label, -1);
  }

  #count(score: number, label: number, rows: 1 | -1): void {
    invariant(score >= 0 && score <= 1, 'a score that is judged is a probability');
    const slab = this.#slab;
    const reliability = this.#reliabilityBins;
    const positive = label === 1 ? 1 : 0;
    const predicted = score >= this.#threshold ? 1 : 0;
    addTo(slab, COUNT, rows);
    addTo(slab, POSITIVES, rows * positive);
    addTo(slab, LOG_LOSS, rows * logLoss(score, positive));
    addTo(slab, BRIER, rows * (score - positive) * (score - positive));
    addTo(slab, TRUE_POSITIVES, rows * predicted * positive);
    addTo(slab, PREDICTED_POSITIVES, rows * predicted);
    const at = HEAD + 3 * Math.min(reliability - 1, Math.floor(score * reliability));
    addTo(slab, at, rows);
    addTo(slab, at + 1, rows * score);
    addTo(slab, at + 2, rows * positive);
    const bin = Math.min(this.#aucBins - 1, Math.floor(score * this.#aucBins));
    addTo(slab, HEAD + 3 * reliability + (positive === 1 ? 0 : this.#aucBins) + bin, rows);
  }

  /** Adds all rows of another accumulator with the same options. */
  merge(other: Prequential): void {
    const added = other.#slab;
    const slab = this.#slab;
    invariant(added.length === slab.length, 'only accumulators with the same bins are merged');
    for (let i = 0; i < slab.length; i += 1) slab[i] = (slab[i] as number) + (added[i] as number);
  }

  metrics(): QualityMetrics {
    const slab = this.#slab;
    const count = slab[COUNT] as number;
    const positives = slab[POSITIVES] as number;
    let calibration = 0;
    for (let at = HEAD; at < HEAD + 3 * this.#reliabilityBins; at += 3) {
      calibration += Math.abs((slab[at + 1] as number) - (slab[at + 2] as number));
    }
    const bins = HEAD + 3 * this.#reliabilityBins;
    const [hits, predicted] = [slab[TRUE_POSITIVES] as number, slab[PREDICTED_POSITIVES] as number];
    const falsePositives = predicted - hits;
    return {
      count,
      positives,
      logLoss: (slab[LOG_LOSS] as number) / count,
      brier: (slab[BRIER] as number) / count,
      ...binnedRanking(slab, bins, bins + this.#aucBins, this.#aucBins),
      precision: hits / predicted,
      recall: hits / positives,
      f1: (2 * hits) / (predicted + positives),
      confusion: [
        [count - positives - falsePositives, falsePositives],
        [positives - hits, hits],
      ],
      calibrationError: calibration / count,
    };
  }

  /** The reliability diagram, bin by bin. */
  reliability(): ReliabilityBin[] {
    const bins = this.#reliabilityBins;
    return Array.from({ length: bins }, (_, i) => {
      const at = HEAD + 3 * i;
      const count = this.#slab[at] as number;
      return {
        low: i / bins,
        high: (i + 1) / bins,
        count,
        meanScore: (this.#slab[at + 1] as number) / count,
        positiveShare: (this.#slab[at + 2] as number) / count,
      };
    });
  }

  /** The slab; what the options say is not in it. */
  snapshot(): Float64Array {
    return this.#slab.slice();
  }

  /** Continues from the slab of an accumulator with the same options. */
  restore(slab: ArrayLike<number>): void {
    invariant(
      slab.length === this.#slab.length,
      'a snapshot of quality metrics fits the bins it is restored to',
    );
    this.#slab.set(slab);
  }
}
