// One trainer of a search on the folds of a round (control path, in a thread of its own).
import { BATCH_ROWS_MAX } from '../../../core/event-limits.ts';
import { DATA_TYPE } from '../../../onnx-format/messages.ts';
import { viewModel } from '../../../onnx-format/model-view.ts';
import type { GraphRuntime } from '../../../ports/scorer.ts';
import { pinballLoss } from '../../../stats/pinball-loss.ts';
import { sortQuantiles } from '../../../tasks/outputs.ts';
import type { Objective } from '../../../tasks/task.ts';
import { loadTrainer } from '../../load-trainer.ts';
import { objectiveOf, rowLoss } from '../../objective.ts';
import { trainingRowsOf } from '../../rows.ts';
import type { FitContext, FitRequest, TrainingRows } from '../../trainer.ts';
import { foldsOf } from './folds.ts';
import type { SearchedTrainer, SearchParams } from './params.ts';

/** The weighted mean loss over all rows that the folds predict. @throws what the trainer throws */
export async function trialLoss(
  trainer: SearchedTrainer,
  request: FitRequest<SearchParams>,
  rowCount: number,
): Promise<number> {
  const { rows, params, task, features, seed, runtime, signal } = request;
  const module = await loadTrainer(trainer);
  const context: FitContext = { task, features, params: trainer.params, champion: null };
  const validates = module.validates?.(context) === true;
  const objective = objectiveOf(task);
  let [sum, total] = [0, 0];
  for (const fold of foldsOf(rows.rowCount - rowCount, rows.rowCount, params.folds, validates)) {
    const { model } = await module.fit({
      ...context,
      rows: trainingRowsOf(rows, fold.from, fold.testFrom),
      trainCount: fold.trainEnd - fold.from,
      seed,
      runtime,
      signal,
    });
    const test = trainingRowsOf(rows, fold.testFrom, fold.testEnd);
    const scores = await scoresOf(runtime, model, test);
    if (objective.kind === 'quantiles') sortQuantiles({ quantiles: objective.levels }, scores);
    for (let row = 0; row < test.rowCount; row += 1) {
      const weight = test.weights[row] as number;
      sum += weight * gateLoss(objective, scores, row, test.labels[row] as number);
      total += weight;
    }
  }
  return sum / total;
}

/** All outputs, row-major. */
async function scoresOf(
  runtime: GraphRuntime,
  model: Uint8Array,
  { features, rowCount, width }: TrainingRows,
): Promise<Float32Array> {
  const { inputs, outputs } = viewModel(model);
  const input = inputs[0]?.name ?? '';
  const score = outputs.find(({ type }) => type?.tensorType?.elemType === DATA_TYPE.float32)?.name ?? '';
  const session = await runtime.load(model);
  const parts: Float32Array[] = [];
  try {
    for (let from = 0; from < rowCount; from += BATCH_ROWS_MAX) {
      const to = Math.min(rowCount, from + BATCH_ROWS_MAX);
      const data = features.subarray(from * width, to * width);
      const result = await session.run({ [input]: { type: 'float32', data, dims: [to - from, width] } });
      parts.push(result[score]?.data as Float32Array); // an output of that type, as the file says
    }
  } finally {
    await session.close();
  }
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** As the gate has it: of quantiles the mean of half the absolute error of the value and of the pinball losses. */
function gateLoss(objective: Objective, scores: Float32Array, row: number, label: number): number {
  if (objective.kind !== 'quantiles') return rowLoss(objective, scores, row, label);
  const { levels } = objective;
  const at = row * (1 + levels.length);
  let sum = Math.abs((scores[at] as number) - label) / 2;
  for (const [k, level] of levels.entries())
    sum += pinballLoss(level, label - (scores[at + 1 + k] as number));
  return sum / (1 + levels.length);
}
