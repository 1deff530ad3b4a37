// Area under the ROC curve (control path): exact, of a batch.

/**
 * Chance that a positive row has a higher score than a negative one, ties counting one half. Labels are 1 or 0. NaN
 * where one class is absent. O(n log n). Equal to sklearn.metrics.roc_auc_score.
 *
 * Source: the Mann-Whitney statistic; J. A. Hanley, B. J. McNeil, "The meaning and use of the area under a ROC curve"
 * (Radiology 143, 1982).
 *
 * @example
 * ```ts
 * auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]) // => 0.75
 * ```
 */
export function auc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const count = scores.length;
  let positiveCount = 0;
  for (let i = 0; i < count; i += 1) positiveCount += labels[i] === 1 ? 1 : 0;
  const positives = new Float64Array(positiveCount);
  const negatives = new Float64Array(count - positiveCount);
  for (let i = 0, p = 0, n = 0; i < count; i += 1) {
    if (labels[i] === 1) positives[p++] = scores[i] as number;
    else negatives[n++] = scores[i] as number;
  }
  positives.sort();
  negatives.sort();
  let wins = 0;
  let below = 0;
  let notAbove = 0;
  for (const score of positives) {
    while (below < negatives.length && (negatives[below] as number) < score) below += 1;
    while (notAbove < negatives.length && (negatives[notAbove] as number) <= score) notAbove += 1;
    wins += (below + notAbove) / 2;
  }
  return wins / (positives.length * negatives.length);
}
