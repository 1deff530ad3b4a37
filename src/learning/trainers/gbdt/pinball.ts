// The pinball loss of one quantile (hot path of training), whose gradients say on which side of its quantile a row is, but not how far
// off: a leaf's score is the quantile of what its rows lack (as in LightGBM and scikit-learn).
import { pinballLoss } from '../../../stats/pinball-loss.ts';
import type { Loss } from './losses.ts';
import { weightedQuantile } from './weighted-quantile.ts';

/** Of the quantile of a level above 0 and below 1. */
export function quantileLoss(level: number): Loss {
  return {
    outputs: 1,
    start: ({ labels, weights }, trainCount) => [
      weightedQuantile(
        Float64Array.from(labels.subarray(0, trainCount)),
        weights.slice(0, trainCount),
        level,
      ),
    ],
    derivatives({ labels, weights }, trainCount, scores, _output, first, second) {
      for (let row = 0; row < trainCount; row += 1) {
        const weight = weights[row] as number;
        first[row] = weight * ((scores[row] as number) > (labels[row] as number) ? 1 - level : -level);
        // There is no curvature: leaves are compared by the squares of their mean gradients.
        second[row] = weight;
      }
    },
    leafScore({ labels, weights }, scores, order, from, to) {
      const lacking = new Float64Array(to - from);
      const own = new Float32Array(to - from);
      for (let i = from; i < to; i += 1) {
        const row = order[i] as number;
        lacking[i - from] = (labels[row] as number) - (scores[row] as number);
        own[i - from] = weights[row] as number;
      }
      return weightedQuantile(lacking, own, level);
    },
    mean({ labels, weights, rowCount }, from, scores) {
      let [sum, total] = [0, 0];
      for (let row = from; row < rowCount; row += 1) {
        const under = (labels[row] as number) - (scores[row] as number);
        sum += (weights[row] as number) * pinballLoss(level, under);
        total += weights[row] as number;
      }
      return sum / total;
    },
  };
}
