// Calibrates what trainers fit (control path): one map, chosen on the rows that validated a fit, serves its refit as well.
import type { ScorerFactory } from '../../ports/scorer.ts';
import { invalidRows, outputCount } from '../../tasks/outputs.ts';
import type { LoadedRequest } from '../candidate.ts';
import { isProbability, objectiveOf } from '../objective.ts';
import { rowsOf } from '../rows.ts';
import { scoreRows } from '../score-rows.ts';
import type { TaskFacts } from '../task-calls.ts';
import type { Fit } from '../trainer.ts';
import { mapText, type CalibrationMap } from './calibration.ts';
import { calibratedModel } from './calibrated-model.ts';
import { chooseCalibration } from './choose-calibration.ts';

/**
 * The map that the validation rows [trainEnd, validationEnd) call for; null if there are none, for a task without probabilities,
 * and for scores that are right, or that cannot serve.
 */
export async function calibrationOf(
  { calibration, task, trainingSet }: Pick<LoadedRequest, 'calibration' | 'task' | 'trainingSet'>,
  scorers: ScorerFactory,
  { model }: Fit,
  trainEnd: number,
  validationEnd: number,
): Promise<CalibrationMap | null> {
  if (calibration === 'off' || !isProbability(objectiveOf(task)) || validationEnd <= trainEnd) return null;
  const outputs = outputCount(task.output);
  const scores = await scoreRows(scorers, model, rowsOf(trainingSet, trainEnd, validationEnd), outputs);
  if (invalidRows(task.output, scores) > 0) return null;
  return chooseCalibration(scores, trainingSet.labels.subarray(trainEnd, validationEnd), outputs);
}

/** The fit with the map behind its model. */
export function calibrated(fit: Fit, map: CalibrationMap | null, { output }: TaskFacts): Fit {
  if (map === null) return fit;
  const model = calibratedModel(fit.model, map, outputCount(output));
  if (model === null)
    return { ...fit, summary: `${fit.summary}, not calibrated as its file uses old operators of ONNX` };
  return { ...fit, model, summary: `${fit.summary}, calibrated ${mapText(map)}` };
}
