// How good scores are (control path).
import { BATCH_ROWS_MAX } from '../core/limits.ts';
import type { ModelMetrics } from '../core/reports.ts';
import type { ScorerFactory } from '../ports/scorer.ts';
import { auc } from '../stats/auc.ts';
import { logLoss } from '../stats/log-loss.ts';
import type { RawRows } from './trainers/mlp/fit-encoding.ts';

/** Mean log loss; NaN for no rows. */
export function meanLogLoss(scores: Float32Array, labels: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < labels.length; i += 1) sum += logLoss(scores[i] as number, labels[i] as number);
  return sum / labels.length;
}

/** Log loss of each row. */
export function rowLosses(scores: Float32Array, labels: Float32Array): Float64Array {
  return Float64Array.from({ length: labels.length }, (_, i) =>
    logLoss(scores[i] as number, labels[i] as number),
  );
}

export function evaluate(scores: Float32Array, labels: Float32Array): ModelMetrics {
  return { n: labels.length, logLoss: meanLogLoss(scores, labels), auc: auc(scores, labels) };
}

/** Scores of raw rows by a model file, as it serves. Throws MODEL_INVALID and MODEL_FAILED. */
export async function scoreRows(
  scorers: ScorerFactory,
  model: Uint8Array,
  rows: RawRows,
): Promise<Float32Array> {
  const { rowCount, width, features } = rows;
  const scorer = await scorers.load('under evaluation', model, width);
  const scores = new Float32Array(rowCount);
  try {
    for (let from = 0; from < rowCount; from += BATCH_ROWS_MAX) {
      const to = Math.min(rowCount, from + BATCH_ROWS_MAX);
      await scorer.run(features.subarray(from * width, to * width), to - from, scores.subarray(from, to));
    }
  } finally {
    await scorer.close();
  }
  return scores;
}
