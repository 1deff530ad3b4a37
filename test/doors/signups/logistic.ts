// A trainer as a user writes one, from the public API alone: its value in the topology.
import { defineTrainer, type TrainerFactory } from 'millrace';

export interface LogisticParams {
  /** Most steps of gradient descent; those with the lowest validation loss are kept. */
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
