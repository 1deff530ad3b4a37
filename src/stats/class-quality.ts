// Test-then-train quality of a model of several classes (hot path of labels: one row is a dozen additions).
import { addTo } from './add-to.ts';
import { invariant } from '../core/errors.ts';
import { confusionOf, PairCounts, type Confusion } from './confusion.ts';
import { logLoss } from './log-loss.ts';

/** Figures over `count` rows; NaN without a row. */
export interface ClassMetrics {
  readonly count: number;
  readonly logLoss: number;
  /** Mean of the squared distances between the probabilities and the label, from 0 to 2; NaN if no row had it. */
  readonly brier: number;
  /** Share of rows whose top class is the label. */
  readonly accuracy: number;
  /** Means of the F1 of each class that is a label or a prediction: unweighted, and by the number of labels. */
  readonly macroF1: number;
  readonly weightedF1: number;
  /** Expected calibration error of the top class's probability, over ten bins. */
  readonly calibrationError: number;
}

const COUNT = 0;
const LOG_LOSS = 1;
const HEAD = 2;
const BINS = 10;
/** Behind all triples: sum of squared distances, and the rows that had one. */
const BRIER_SLOTS = 2;
/** Of a bin: rows, sum of probabilities, hits. Of a class: hits, predictions, labels. */
const TRIPLE = 3;

/**
 * Accumulates rows as their labels arrive. All of it is sums, so partitions merge by addition. Equal to sklearn.metrics.log_loss,
 * brier_score_loss, accuracy_score, f1_score (macro, weighted; zero_division=0) and confusion_matrix.
 *
 * @example
 * ```ts
 * const quality = new ClassQuality(3);
 * quality.add(0.7, 0.7, 2, 2, 0.54); // probabilities 0.1, 0.2, 0.7
 * quality.add(0.6, 0.3, 0, 1, 0.46); // 0.6, 0.3, 0.1
 * const { accuracy, macroF1, brier } = quality.metrics();
 * [accuracy, macroF1.toFixed(4), brier.toFixed(2)] // => [0.5, '0.3333', '0.50']
 * ```
 */
export class ClassQuality {
  readonly #classes: number;
  readonly #slab: Float64Array;
  readonly #pairs: PairCounts;

  /** @param pairs of a label and another class as prediction that are counted apart, at most */
  constructor(classes: number, pairs = 4_096) {
    this.#classes = classes;
    this.#slab = new Float64Array(HEAD + TRIPLE * (BINS + classes) + BRIER_SLOTS);
    this.#pairs = new PairCounts(pairs);
  }

  get count(): number {
    return this.#slab[COUNT] as number;
  }

  /**
   * Adds one row.
   * @param probability of the top class @param ofLabel probability of the label
   * @param squares sum of the squared probabilities of all classes; NaN if it is not known
   */
  add(probability: number, ofLabel: number, top: number, label: number, squares: number): void {
    this.#count(probability, ofLabel, top, label, squares, 1);
    if (top !== label) this.#pairs.add(label * this.#classes + top);
  }

  /** Takes out a row that was added. */
  remove(probability: number, ofLabel: number, top: number, label: number, squares: number): void {
    this.#count(probability, ofLabel, top, label, squares, -1);
    if (top !== label) this.#pairs.remove(label * this.#classes + top);
  }

  #count(
    probability: number,
    ofLabel: number,
    top: number,
    label: number,
    squares: number,
    rows: 1 | -1,
  ): void {
    const slab = this.#slab;
    const hit = top === label ? rows : 0;
    addTo(slab, COUNT, rows);
    addTo(slab, LOG_LOSS, rows * logLoss(ofLabel, 1));
    const bin = HEAD + TRIPLE * Math.min(BINS - 1, Math.floor(probability * BINS));
    addTo(slab, bin, rows);
    addTo(slab, bin + 1, rows * probability);
    addTo(slab, bin + 2, hit);
    const [predicted, actual] = [this.#at(top), this.#at(label)];
    addTo(slab, actual, hit);
    addTo(slab, predicted + 1, rows);
    addTo(slab, actual + 2, rows);
    if (Number.isNaN(squares)) return;
    const brier = this.#at(this.#classes);
    addTo(slab, brier, rows * (squares - 2 * ofLabel + 1));
    addTo(slab, brier + 1, rows);
  }

  #at(index: number): number {
    return HEAD + TRIPLE * (BINS + index);
  }

  /** Adds all rows of another accumulator of as many classes. */
  merge(other: ClassQuality): void {
    const [into, added] = [this.#slab, other.#slab];
    invariant(into.length === added.length, 'only accumulators of as many classes are merged');
    for (let i = 0; i < into.length; i += 1) into[i] = (into[i] as number) + (added[i] as number);
    this.#pairs.merge(other.#pairs);
  }

  metrics(): ClassMetrics {
    const slab = this.#slab;
    const { count } = this;
    let [hits, sum, weighted, present, off] = [0, 0, 0, 0, 0];
    for (let k = 0; k < this.#classes; k += 1) {
      const at = this.#at(k);
      const [hit, predicted, actual] = [slab[at] as number, slab[at + 1] as number, slab[at + 2] as number];
      hits += hit;
      if (predicted + actual === 0) continue;
      const f1 = (2 * hit) / (predicted + actual);
      present += 1;
      sum += f1;
      weighted += f1 * actual;
    }
    for (let bin = HEAD; bin < HEAD + TRIPLE * BINS; bin += TRIPLE)
      off += Math.abs((slab[bin + 1] as number) - (slab[bin + 2] as number));
    return {
      count,
      logLoss: (slab[LOG_LOSS] as number) / count,
      brier: (slab[this.#at(this.#classes)] as number) / (slab[this.#at(this.#classes) + 1] as number),
      accuracy: hits / count,
      macroF1: sum / present,
      weightedF1: weighted / count,
      calibrationError: off / count,
    };
  }

  /** Of the classes with the most labels. */
  confusion(names: readonly string[]): Confusion {
    const column = (slot: number): Float64Array =>
      Float64Array.from({ length: this.#classes }, (_, k) => this.#slab[this.#at(k) + slot] as number);
    const [hits, predicted, labels] = [column(0), column(1), column(2)];
    const count = (label: number, top: number): number =>
      label === top ? (hits[label] as number) : this.#pairs.at(label * this.#classes + top);
    return confusionOf(names, labels, predicted, count, this.#pairs.errorMax);
  }

  /** All sums, then the pairs. */
  snapshot(): number[] {
    return [...this.#slab, ...this.#pairs.snapshot()];
  }

  /** Continues from a snapshot of as many classes; one of an earlier release ends with the sums of the classes. */
  restore(sums: readonly number[]): void {
    const { length } = this.#slab;
    const earlier = sums.length === length - BRIER_SLOTS;
    invariant(sums.length > length || earlier, 'a snapshot of class quality has the sums of all classes');
    this.#slab.fill(0);
    this.#slab.set(sums.slice(0, length));
    this.#pairs.restore(earlier ? [0] : sums.slice(length));
  }
}
