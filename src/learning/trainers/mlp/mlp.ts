// The multilayer perceptron as a topology names it (control path). fit.ts is the module that fits it.
import { moduleBeside } from '../../../core/module-url.ts';
import { defineTrainer, type Trainer } from '../../trainer.ts';
import { mlpDefaults, mlpProblems, type MlpParams } from './params.ts';

const define = defineTrainer<MlpParams>({
  name: 'mlp',
  module: moduleBeside(import.meta.url, './fit'),
  tasks: ['binary', 'multiclass', 'regression', 'quantile-regression'],
  defaults: mlpDefaults,
  problems: mlpProblems,
});

/**
 * A multilayer perceptron with embeddings for categorical features, trained by AdamW as one ONNX graph. It starts from
 * the champion's weights if that has the same layers and reads the same features. For binary, multiclass and regression
 * tasks, those with quantiles among them.
 *
 * @example retraining: { trainer: mlp({ hidden: [128, 64], dropout: 0.1 }) }
 * @throws MillraceError TOPOLOGY_INVALID for a parameter that does not exist or cannot work
 */
export function mlp(params: Partial<MlpParams> = {}): Trainer {
  return define(params);
}
