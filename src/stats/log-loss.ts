// Log loss of one prediction (hot path).

/** Scores are kept this far from 0 and 1: a float32 score may saturate, and a wrong row then costs 16.1, not infinity. */
export const LOG_LOSS_EPS = 1e-7;

/**
 * Negative natural log of the probability that `score` gave to `label` (1 or 0), as sklearn.metrics.log_loss has it.
 *
 * @example
 * ```ts
 * logLoss(0.5, 1).toFixed(6) // => '0.693147'
 * ```
 */
export function logLoss(score: number, label: number): number {
  const clipped = Math.min(1 - LOG_LOSS_EPS, Math.max(LOG_LOSS_EPS, score));
  return -Math.log(label === 1 ? clipped : 1 - clipped);
}

/** Mean log loss; NaN for no rows. */
export function meanLogLoss(scores: Float32Array, labels: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < labels.length; i += 1) sum += logLoss(scores[i] as number, labels[i] as number);
  return sum / labels.length;
}
