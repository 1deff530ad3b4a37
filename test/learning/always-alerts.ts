// A trainer whose model gives every row one score, and that may have a log (for tests).
import { constantModel } from '../../src/learning/constant-model.ts';
import type { TrainerModule } from '../../src/learning/trainer.ts';

const trainer: TrainerModule<{ readonly score?: number; readonly log?: string }> = {
  fit: async ({ rows, params }) => ({
    model: constantModel([params.score ?? 1], rows.width),
    summary: 'A constant',
    ...(params.log === undefined ? {} : { log: params.log }),
  }),
};

export default trainer;
