// Areas under curves of scores that are counted in bins (control path), with the error of counting so.

export interface BinnedRanking {
  /** The exact AUC lies within auc -+ aucErrorMax. */
  readonly auc: number;
  readonly aucErrorMax: number;
  /** The exact average precision lies within prAuc -+ prAucErrorMax. */
  readonly prAuc: number;
  readonly prAucErrorMax: number;
}

/**
 * Scores of a bin are taken as tied. For the AUC that is off by at most half the share of pairs of a positive and a negative row
 * that share a bin. The average precision of a bin's positives is greatest with all of them tied before its negatives, and least
 * with all of them behind, one by one.
 *
 * @param slab has positives a bin from `positiveAt` and negatives from `negativeAt`, in ascending order of the score
 */
export function binnedRanking(
  slab: Float64Array,
  positiveAt: number,
  negativeAt: number,
  bins: number,
): BinnedRanking {
  let [positives, negatives, wins, tied] = [0, 0, 0, 0];
  let [precision, least, most] = [0, 0, 0];
  for (let bin = bins - 1; bin >= 0; bin -= 1) {
    const p = slab[positiveAt + bin] as number;
    const n = slab[negativeAt + bin] as number;
    wins += n * (positives + p / 2);
    tied += p * n;
    if (p > 0) {
      const all = positives + p;
      precision += (p * all) / (all + negatives + n);
      most += (p * all) / (all + negatives);
      least += precisionBehind(positives, negatives + n, p);
    }
    positives += p;
    negatives += n;
  }
  const pairs = positives * negatives;
  return {
    auc: wins / pairs,
    aucErrorMax: tied / 2 / pairs,
    prAuc: precision / positives,
    prAucErrorMax: Math.max(most - precision, precision - least, 0) / positives,
  };
}

/**
 * A lower bound of the sum of the precisions of `count` positives that follow one by one: sum over j of (p + j) / (p + n + j).
 * 1 / (a + j) is convex, so that its sum is at most the integral from a half before to a half behind.
 */
function precisionBehind(positives: number, negatives: number, count: number): number {
  const before = positives + negatives + 0.5;
  return count - negatives * Math.log1p(count / before);
}
