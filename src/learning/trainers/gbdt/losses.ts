// The losses that are boosted (hot path of training): their derivatives by the score. A score is what the trees add up to: log
// odds for a probability.
import { weightedQuantile } from './weighted-quantile.ts';

/** Scores of a fit: scores[output * rowCount + row]. */
export interface LabelledRows {
  readonly rowCount: number;
  readonly labels: Float32Array;
  /** 1 in the mean of the training rows. */
  readonly weights: Float32Array;
}

export interface Loss {
  /** Scores of a row: trees of a round. */
  readonly outputs: number;
  /** The constant scores of the lowest loss on the rows [0, trainCount). */
  start(rows: LabelledRows, trainCount: number): number[];
  /** Writes the weighted derivatives of the rows [0, trainCount) by the score of one output. */
  derivatives(
    rows: LabelledRows,
    trainCount: number,
    scores: Float64Array,
    output: number,
    first: Float64Array,
    second: Float64Array,
  ): void;
  /**
   * What the scores of the rows order[from] to order[to - 1], those of a leaf, should move by. By default the derivatives say it.
   * Only of a loss with one output.
   */
  leafScore?(rows: LabelledRows, scores: Float64Array, order: Uint32Array, from: number, to: number): number;
  /** Weighted mean loss of the rows [from, rowCount). */
  mean(rows: LabelledRows, from: number, scores: Float64Array): number;
}

/** A probability of 0 or 1 has no log odds. */
const PROBABILITY_MIN = 1e-6;

/** Of labels 0 and 1. */
export const logLoss: Loss = {
  outputs: 1,
  start({ labels, weights }, trainCount) {
    const mean = weightedMean(labels, weights, trainCount);
    const share = Math.min(1 - PROBABILITY_MIN, Math.max(PROBABILITY_MIN, mean));
    return [Math.log(share / (1 - share))];
  },
  derivatives({ labels, weights }, trainCount, scores, _output, first, second) {
    for (let row = 0; row < trainCount; row += 1) {
      const probability = 1 / (1 + Math.exp(-(scores[row] as number)));
      const weight = weights[row] as number;
      first[row] = weight * (probability - (labels[row] as number));
      second[row] = weight * probability * (1 - probability);
    }
  },
  mean({ labels, weights, rowCount }, from, scores) {
    let [sum, total] = [0, 0];
    for (let row = from; row < rowCount; row += 1) {
      const score = scores[row] as number;
      const loss =
        Math.max(0, score) - score * (labels[row] as number) + Math.log1p(Math.exp(-Math.abs(score)));
      sum += (weights[row] as number) * loss;
      total += weights[row] as number;
    }
    return sum / total;
  },
};

/** Half the square of the error of a value, up to an error of `delta`, and linear beyond it (Huber, 1964). */
export function errorLoss(delta: number): Loss {
  return {
    outputs: 1,
    start: ({ labels, weights }, trainCount) => [
      delta === Infinity
        ? weightedMean(labels, weights, trainCount)
        : weightedMedian(labels, weights, trainCount),
    ],
    derivatives({ labels, weights }, trainCount, scores, _output, first, second) {
      for (let row = 0; row < trainCount; row += 1) {
        const weight = weights[row] as number;
        const error = (scores[row] as number) - (labels[row] as number);
        first[row] = weight * Math.min(delta, Math.max(-delta, error));
        // Beyond delta it is 0, by which no step can be sized.
        second[row] = weight;
      }
    },
    mean({ labels, weights, rowCount }, from, scores) {
      let [sum, total] = [0, 0];
      for (let row = from; row < rowCount; row += 1) {
        const error = Math.abs((scores[row] as number) - (labels[row] as number));
        const loss = error <= delta ? (error * error) / 2 : delta * (error - delta / 2);
        sum += (weights[row] as number) * loss;
        total += weights[row] as number;
      }
      return sum / total;
    },
  };
}

/** Of labels that are numbers of classes: the scores are log odds, up to a constant, of each class. */
export function crossEntropy(classes: number): Loss {
  let probabilities = new Float32Array(0);
  return {
    outputs: classes,
    start({ labels, weights }, trainCount) {
      const shares = new Float64Array(classes).fill(PROBABILITY_MIN);
      let sum = classes * PROBABILITY_MIN;
      for (let row = 0; row < trainCount; row += 1) {
        const label = labels[row] as number;
        shares[label] = (shares[label] as number) + (weights[row] as number);
        sum += weights[row] as number;
      }
      return Array.from(shares, (share) => Math.log(share / sum));
    },
    derivatives({ labels, weights, rowCount }, trainCount, scores, output, first, second) {
      if (output === 0) probabilities = softmax(scores, rowCount, trainCount, classes, probabilities);
      // The curvature of one score alone, enlarged as all move at once (Friedman, 2001).
      const factor = classes / (classes - 1);
      for (let row = 0; row < trainCount; row += 1) {
        const probability = probabilities[output * trainCount + row] as number;
        const weight = weights[row] as number;
        first[row] = weight * (probability - (labels[row] === output ? 1 : 0));
        second[row] = weight * factor * probability * (1 - probability);
      }
    },
    mean({ labels, weights, rowCount }, from, scores) {
      let [loss, total] = [0, 0];
      for (let row = from; row < rowCount; row += 1) {
        const own = scores[(labels[row] as number) * rowCount + row] as number;
        let sum = 0;
        for (let at = row; at < scores.length; at += rowCount) sum += Math.exp((scores[at] as number) - own);
        loss += (weights[row] as number) * Math.log(sum);
        total += weights[row] as number;
      }
      return loss / total;
    },
  };
}

/** By class, then by row. */
function softmax(
  scores: Float64Array,
  rowCount: number,
  trainCount: number,
  classes: number,
  room: Float32Array<ArrayBuffer>,
): Float32Array<ArrayBuffer> {
  const size = classes * trainCount;
  const into = room.length === size ? room : new Float32Array(size);
  for (let row = 0; row < trainCount; row += 1) {
    let most = -Infinity;
    for (let k = 0; k < classes; k += 1) most = Math.max(most, scores[k * rowCount + row] as number);
    let sum = 0;
    for (let k = 0; k < classes; k += 1) sum += Math.exp((scores[k * rowCount + row] as number) - most);
    for (let k = 0; k < classes; k += 1)
      into[k * trainCount + row] = Math.exp((scores[k * rowCount + row] as number) - most) / sum;
  }
  return into;
}

function weightedMean(values: Float32Array, weights: Float32Array, count: number): number {
  let sum = 0;
  let weight = 0;
  for (let row = 0; row < count; row += 1) {
    sum += (weights[row] as number) * (values[row] as number);
    weight += weights[row] as number;
  }
  return weight > 0 ? sum / weight : 0;
}

/** Where half of the weight lies below. */
function weightedMedian(values: Float32Array, weights: Float32Array, count: number): number {
  return weightedQuantile(Float64Array.from(values.subarray(0, count)), weights.slice(0, count), 0.5);
}
