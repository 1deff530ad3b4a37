// A task that is written outside src, from the public API only: it predicts a number.
import { numberLabel, type FigureAccumulator, type FigureSpec, type Task } from 'millrace';

export interface RegressionOptions<C extends string> {
  /** The number column that is predicted; null means that there is no label. */
  readonly column: C;
  /** Unit of the column, for reports. */
  readonly unit: string;
}

class Errors implements FigureAccumulator {
  count = 0;
  #absolute = 0;
  #squared = 0;

  add(score: number, label: number): void {
    this.count += 1;
    this.#absolute += Math.abs(score - label);
    this.#squared += (score - label) ** 2;
  }

  merge(other: Errors): void {
    this.count += other.count;
    this.#absolute += other.#absolute;
    this.#squared += other.#squared;
  }

  figures(): Record<string, number> {
    return { mae: this.#absolute / this.count, rmse: Math.sqrt(this.#squared / this.count) };
  }
}

/** The loss is the absolute error, and the first model must beat the median of the labels. */
export function regression<const C extends string>({
  column,
  unit,
}: RegressionOptions<C>): Task<`${C}: number`> {
  const figures: FigureSpec[] = [
    { name: 'mae', title: 'mean absolute error', better: 'lower', digits: 3, unit, headline: true },
    { name: 'rmse', title: 'RMSE', better: 'lower', digits: 3, unit, headline: true },
  ];
  return {
    name: 'duration',
    output: { name: column, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY },
    label: numberLabel(column),
    fallback: 0,
    loss: {
      name: 'absoluteError',
      title: 'absolute error',
      digits: 3,
      of: (score, label) => Math.abs(score - label),
    },
    figures,
    accumulator: () => new Errors(),
    baseline: (labels) => ({ name: 'median', score: labels.toSorted()[labels.length >> 1] ?? 0 }),
  };
}
