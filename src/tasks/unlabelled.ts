// The task of a topology without labels (control path): scores are served, and nothing is known about their quality.
import type { FigureAccumulator, Task } from './task.ts';

/** Counts rows, and says nothing of them. */
export class NoFigures implements FigureAccumulator {
  count = 0;

  add(): void {
    this.count += 1;
  }

  merge(other: FigureAccumulator): void {
    this.count += other.count;
  }

  snapshot(): number {
    return this.count;
  }

  restore(snapshot: unknown): void {
    this.count = Number(snapshot);
  }

  figures(): Record<string, number> {
    return {};
  }
}

/** Any score is valid, and no event carries a label. */
export const unlabelled: Task<never> = {
  name: 'unlabelled',
  output: { name: 'score', low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY },
  label: { reads: [], open: () => () => Number.NaN },
  fallback: 0,
  loss: { name: 'loss', title: 'loss', digits: 4, of: () => 0 },
  figures: [],
  accumulator: () => new NoFigures(),
  baseline: () => ({ name: 'constant', score: 0 }),
};
