// Gradient boosting as a topology names it (control path). fit.ts is the module that fits it.
import { moduleBeside } from '../../../core/module-url.ts';
import { defineTrainer, type Trainer } from '../../trainer.ts';
import { gbdtDefaults, gbdtProblems, type GbdtParams } from './params.ts';

const define = defineTrainer<GbdtParams>({
  name: 'gbdt',
  module: moduleBeside(import.meta.url, './fit'),
  tasks: ['binary', 'multiclass', 'regression', 'quantile-regression'],
  defaults: gbdtDefaults,
  problems: gbdtProblems,
  names: ({ monotone }) =>
    Object.keys(monotone).map((feature) => ({ parameter: 'monotone', feature, kind: 'numeric' })),
});

/**
 * Gradient-boosted decision trees on histograms, as LightGBM grows them. Missing values go to the side of a split that they fit
 * better; a category is the mean target of its rows; the number of trees is the one with the lowest validation loss. For the
 * tasks binary, multiclass (a tree of each class in a round) and regression, with quantiles too (trees of each).
 *
 * @example retraining: { trainers: [mlp(), gbdt({ leavesMax: 63, monotone: { amount: 'rising' } })] }
 * @throws MillraceError TOPOLOGY_INVALID for a parameter that does not exist or cannot work
 */
export function gbdt(params: Partial<GbdtParams> = {}): Trainer {
  return define(params);
}
