// A trainer that is written outside src, from the public API only.
import { defineTrainer, type TrainerFactory } from 'millrace';

export interface LogisticParams {
  /** Maximum number of steps of gradient descent; the number with the lowest validation loss is used. */
  readonly steps: number;
  readonly learningRate: number;
}

export const logistic: TrainerFactory<LogisticParams> = defineTrainer<LogisticParams>({
  name: 'logistic',
  module: new URL('./logistic-fit.ts', import.meta.url),
  tasks: ['binary'],
  defaults: { steps: 300, learningRate: 0.5 },
  problems: ({ steps }) =>
    Number.isInteger(steps) && steps >= 1 ? [] : [`steps is ${steps}, not 1 or more`],
});
