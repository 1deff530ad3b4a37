// Probabilities of a model whose rows were weighted by class, as those of the stream (control path).
import { MillraceError } from '../../core/errors.ts';
import type { CalibrationMap } from '../calibration/calibration.ts';
import { calibratedModel } from '../calibration/calibrated-model.ts';

/**
 * A model that was fitted to classes of other shares than the stream's, with the correction behind it: a class that weighed f times
 * what it does has odds f times too high. Source: M. Saerens, P. Latinne, C. Decaestecker, "Adjusting the outputs of a classifier to new
 * a priori probabilities" (Neural Computation 14, 2002).
 * @param factors by class
 * @param outputs 1 for the probability of the second of two classes
 * @throws TRAINING_FAILED for a file that nothing can be put behind
 */
export function withTrueShares(model: Uint8Array, factors: Float64Array, outputs: number): Uint8Array {
  const corrected = calibratedModel(model, correctionOf(factors, outputs), outputs);
  if (corrected !== null) return corrected;
  throw new MillraceError(
    'TRAINING_FAILED',
    'the weights of classes cannot be taken out of the probabilities: the file uses old operators of ONNX',
    { remedy: 'Export it with target_opset 13 or newer, or leave out classWeights.' },
  );
}

export function correctionOf(factors: Float64Array, outputs: number): CalibrationMap {
  if (outputs > 1) return { kind: 'prior', logFactors: factors.map((factor) => -Math.log(factor)) };
  const [negative = 1, positive = 1] = factors;
  return { kind: 'platt', slope: 1, intercept: Math.log(negative / positive) };
}
