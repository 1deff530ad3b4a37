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
import { intervalMap } from './interval-map.ts';

/**
 * The map that the validation rows [trainEnd, validationEnd) call for; null if there are none, for a task without probabilities or
 * an interval, and for scores that are right, or that cannot serve.
 */
export async function calibrationOf(
  { calibration, task, trainingSet }: Pick<LoadedRequest, 'calibration' | 'task' | 'trainingSet'>,
  scorers: ScorerFactory,
  { model }: Fit,
  trainEnd: number,
  validationEnd: number,
): Promise<CalibrationMap | null> {
  const canBeOff = isProbability(objectiveOf(task)) || task.output.interval !== undefined;
  if (calibration === 'off' || !canBeOff || validationEnd <= trainEnd) return null;
  const outputs = outputCount(task.output);
  const scores = await scoreRows(scorers, model, rowsOf(trainingSet, trainEnd, validationEnd), outputs);
  const labels = trainingSet.labels.subarray(trainEnd, validationEnd);
  if (task.output.interval !== undefined) return intervalMap(task.output, scores, labels);
  if (invalidRows(task.output, scores) > 0) return null;
  return chooseCalibration(scores, labels, outputs);
}

/** The fit with the map behind its model. */
export function calibrated(fit: Fit, map: CalibrationMap | null, { output }: TaskFacts): Fit {
  if (map === null)
    return output.interval === undefined
      ? fit
      : { ...fit, summary: `${fit.summary}, the interval as fitted` };
  const model = calibratedModel(fit.model, map, outputCount(output));
  if (model === null)
    return { ...fit, summary: `${fit.summary}, not calibrated as its file uses old operators of ONNX` };
  return { ...fit, model, summary: `${fit.summary}, calibrated ${mapText(map)}` };
}
