// A trainer that is written outside src, from the public API only.
import { defineTrainer, type TrainerFactory } from 'millrace';

export interface LeastSquaresParams {
  /** Weight of the squared coefficients, relative to the mean squared error. */
  readonly ridge: number;
}

export const leastSquares: TrainerFactory<LeastSquaresParams> = defineTrainer<LeastSquaresParams>({
  name: 'least-squares',
  module: new URL('./least-squares-fit.ts', import.meta.url),
  tasks: ['duration'],
  defaults: { ridge: 1e-3 },
  problems: ({ ridge }) => (ridge > 0 ? [] : [`ridge is ${ridge}, not above 0`]),
});
