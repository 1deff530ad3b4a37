// Counts of what was predicted for what was true (hot path of labels: one row is one addition).
import { invariant } from '../core/errors.ts';

/** Rows by their label and their prediction. */
export interface Confusion {
  /** Names of rows and columns; the last is `other` if there are more classes than shown. */
  readonly classes: readonly string[];
  /** A row for each label, a column for each prediction: as sklearn.metrics.confusion_matrix has it. */
  readonly counts: ReadonlyArray<readonly number[]>;
  /** A count beside the diagonal may be this much too low, and is then in `other`. */
  readonly errorMax: number;
}

/** Classes that have a row of their own. */
export const CONFUSION_CLASSES_MAX = 10;

/**
 * Counts of pairs in bounded memory. All are exact as long as there are at most `capacity` different pairs; afterwards a count is
 * too low by at most rows / (capacity + 1), however the rows were split into parts that are merged.
 *
 * Sources: J. Misra, D. Gries, "Finding repeated elements" (Science of Computer Programming 2, 1982); P. K. Agarwal et al.,
 * "Mergeable summaries" (PODS 2012).
 */
export class PairCounts {
  readonly #capacity: number;
  readonly #counts = new Map<number, number>();
  #errorMax = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get errorMax(): number {
    return this.#errorMax;
  }

  add(pair: number): void {
    const known = this.#counts.get(pair);
    if (known !== undefined) this.#counts.set(pair, known + 1);
    else if (this.#counts.size < this.#capacity) this.#counts.set(pair, 1);
    else this.#lower(1);
  }

  /** Takes out one that was added. One that is not counted any more was within the error, and still is. */
  remove(pair: number): void {
    const known = this.#counts.get(pair) ?? 0;
    if (known > 1) this.#counts.set(pair, known - 1);
    else this.#counts.delete(pair);
  }

  at(pair: number): number {
    return this.#counts.get(pair) ?? 0;
  }

  merge(other: PairCounts): void {
    for (const [pair, count] of other.#counts) this.#counts.set(pair, this.at(pair) + count);
    this.#errorMax += other.#errorMax;
    if (this.#counts.size <= this.#capacity) return;
    const descending = Float64Array.from(this.#counts.values()).sort().reverse();
    this.#lower(descending[this.#capacity] as number);
  }

  #lower(by: number): void {
    this.#errorMax += by;
    for (const [pair, count] of this.#counts)
      if (count > by) this.#counts.set(pair, count - by);
      else this.#counts.delete(pair);
  }

  /** The error, then pairs and their counts, ascending. */
  snapshot(): number[] {
    return [this.#errorMax, ...[...this.#counts].sort(([a], [b]) => a - b).flat()];
  }

  /** Continues from a snapshot. */
  restore(numbers: ArrayLike<number>): void {
    invariant(numbers.length % 2 === 1, 'a snapshot of pairs has a count for each');
    this.#counts.clear();
    this.#errorMax = numbers[0] as number;
    for (let at = 1; at < numbers.length; at += 2)
      this.#counts.set(numbers[at] as number, numbers[at + 1] as number);
  }
}

/**
 * The matrix of the classes with the most labels, in the order of the classes, the others as one.
 *
 * @param labels by class @param predicted rows by their predicted class @param at count of a label and a prediction
 */
export function confusionOf(
  names: readonly string[],
  labels: ArrayLike<number>,
  predicted: ArrayLike<number>,
  at: (label: number, prediction: number) => number,
  errorMax: number,
): Confusion {
  const all = names.map((_, k) => k);
  const most = all.toSorted((a, b) => (labels[b] as number) - (labels[a] as number) || a - b);
  const shown = most.slice(0, CONFUSION_CLASSES_MAX).sort((a, b) => a - b);
  const counts = shown.map((label) => shown.map((prediction) => at(label, prediction)));
  const classes = shown.map((k) => names[k] as string);
  if (shown.length === names.length) return { classes, counts, errorMax };
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const rest = (totals: ArrayLike<number>): number =>
    sum(all.map((k) => totals[k] as number)) - sum(shown.map((k) => totals[k] as number));
  const columns = shown.map((k, j) => (predicted[k] as number) - sum(counts.map((row) => row[j] as number)));
  const rows = counts.map((row, i) => [...row, (labels[shown[i] as number] as number) - sum(row)]);
  return {
    classes: [...classes, 'other'],
    counts: [...rows, [...columns, rest(labels) - sum(columns)]],
    errorMax,
  };
}
