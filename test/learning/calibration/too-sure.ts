// A trainer whose probabilities are too far from one half (for tests): a logistic regression with three times the log odds.
import { calibratedModel } from '../../../src/learning/calibration/calibrated-model.ts';
import logistic from '../../../src/learning/trainers/logistic/fit.ts';
import { logisticDefaults } from '../../../src/learning/trainers/logistic/params.ts';
import type { TrainerModule } from '../../../src/learning/trainer.ts';

const trainer: TrainerModule = {
  validates: () => true,
  async fit(request) {
    const fit = await logistic.fit({ ...request, params: logisticDefaults });
    const model = calibratedModel(fit.model, { kind: 'platt', slope: 3, intercept: -1 }, 1);
    return { ...fit, model: model ?? fit.model };
  },
};

export default trainer;
