// The trainer of that task, as the topology names it.
import { defineTrainer, type TrainerFactory } from 'millrace';

export interface LeastSquaresParams {
  /** Weight of the squared coefficients, over the mean of the squared errors. */
  readonly ridge: number;
}

export const leastSquares: TrainerFactory<LeastSquaresParams> = defineTrainer<LeastSquaresParams>({
  name: 'least-squares',
  module: new URL('./least-squares-fit.ts', import.meta.url),
  tasks: ['regression'],
  defaults: { ridge: 1e-3 },
  problems: ({ ridge }) => (ridge > 0 ? [] : [`ridge is ${ridge}, not above 0`]),
});
