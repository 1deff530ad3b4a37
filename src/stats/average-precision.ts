// Area under the precision-recall curve (control path): exact, of a batch.

/**
 * Average precision: the mean, over positive rows, of the precision at the row's score. Labels are 1 or 0. NaN without a positive
 * row. O(n log n). Equal to sklearn.metrics.average_precision_score, which takes rows of one score together.
 *
 * Source: M. Zhu, "Recall, precision and average precision" (University of Waterloo, 2004).
 *
 * @example
 * ```ts
 * averagePrecision([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]).toFixed(4) // => '0.8333'
 * ```
 */
export function averagePrecision(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const order = Int32Array.from({ length: scores.length }, (_, i) => i);
  order.sort((a, b) => (scores[b] as number) - (scores[a] as number));
  let [positives, rows, sum, tied] = [0, 0, 0, 0];
  for (const [i, row] of order.entries()) {
    rows += 1;
    tied += labels[row] === 1 ? 1 : 0;
    if (scores[row] === scores[order[i + 1] ?? -1]) continue;
    positives += tied;
    sum += (tied * positives) / rows;
    tied = 0;
  }
  return positives === 0 ? Number.NaN : sum / positives;
}
