// A trainer whose model gives every row the weighted shares of the classes (for tests).
import { constantModel } from '../../../src/learning/constant-model.ts';
import type { TrainerModule } from '../../../src/learning/trainer.ts';

const trainer: TrainerModule = {
  async fit({ rows, trainCount, task }) {
    const classes = task.objective?.kind === 'cross-entropy' ? task.objective.classes : 2;
    const sums = new Float64Array(classes);
    for (let row = 0; row < trainCount; row += 1)
      sums[rows.labels[row] ?? 0] = (sums[rows.labels[row] ?? 0] ?? 0) + (rows.weights[row] ?? 0);
    const total = sums.reduce((all, sum) => all + sum, 0);
    const shares = sums.map((sum) => sum / total);
    const outputs = classes === 2 ? shares.subarray(1) : shares;
    return { model: constantModel(outputs, rows.width), summary: `Shares ${shares.join(', ')}` };
  },
};

export default trainer;
