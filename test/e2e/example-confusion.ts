/** The confusion matrix of the synthetic run. */
import type { Confusion } from '../../src/stats/confusion.ts';

/** @param hits positive rows that were predicted so, in hundreds */
export function exampleConfusion(hits: number): Confusion {
  return {
    classes: ['negative', 'positive'],
    counts: [
      [150_212, 11_708],
      [30_113 - hits * 100, hits * 100],
    ],
    errorMax: 0,
  };
}
