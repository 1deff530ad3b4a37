// A trainer whose model gives every row one score (for tests).
import { constantModel } from '../../src/learning/constant-model.ts';
import type { TrainerModule } from '../../src/learning/trainer.ts';

const trainer: TrainerModule<{ readonly score?: number }> = {
  fit: async ({ rows, params }) => ({
    model: constantModel([params.score ?? 1], rows.width),
    summary: 'A constant',
  }),
};

export default trainer;
