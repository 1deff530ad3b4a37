// Logistic regression as a topology names it (control path). fit.ts is the module that fits it.
import { moduleBeside } from '../../../core/module-url.ts';
import { defineTrainer, type Trainer } from '../../trainer.ts';
import { logisticDefaults, logisticProblems, type LogisticParams } from './params.ts';

const define = defineTrainer<LogisticParams>({
  name: 'logistic',
  module: moduleBeside(import.meta.url, './fit'),
  tasks: ['binary', 'multiclass', 'regression'],
  defaults: logisticDefaults,
  problems: logisticProblems,
});

/**
 * Logistic regression with an L2 penalty, whose optimum is unique: no learning rate, no steps. Numeric features are standardised,
 * those that are skewed after a logarithm; each frequent category has a coefficient, and so has a value that is missing. For a
 * multiclass task each class has coefficients of its own, and softmax makes them probabilities; for a regression task it is ridge
 * regression, with Huber's loss if that is the task's. The strength of the penalty is chosen by
 * validation, if it is not given.
 *
 * @example retraining: { trainers: [mlp(), logistic({ l2: 10 })] }
 * @throws MillraceError TOPOLOGY_INVALID for a parameter that does not exist or cannot work
 */
export function logistic(params: Partial<LogisticParams> = {}): Trainer {
  return define(params);
}
