// The losses that are boosted (hot path of training): their derivatives by the score. A score is what the trees add up to: log
// odds for a probability.

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
  /** Mean loss of the rows [from, rowCount). */
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
  mean({ labels, rowCount }, from, scores) {
    let sum = 0;
    for (let row = from; row < rowCount; row += 1) {
      const score = scores[row] as number;
      sum += Math.max(0, score) - score * (labels[row] as number) + Math.log1p(Math.exp(-Math.abs(score)));
    }
    return sum / (rowCount - from);
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
    mean({ labels, rowCount }, from, scores) {
      let sum = 0;
      for (let row = from; row < rowCount; row += 1) {
        const error = Math.abs((scores[row] as number) - (labels[row] as number));
        sum += error <= delta ? (error * error) / 2 : delta * (error - delta / 2);
      }
      return sum / (rowCount - from);
    },
  };
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
  const order = Uint32Array.from({ length: count }, (_, row) => row).sort(
    (a, b) => (values[a] as number) - (values[b] as number) || a - b,
  );
  let rest = order.reduce((sum, row) => sum + (weights[row] as number), 0) / 2;
  for (const row of order) {
    rest -= weights[row] as number;
    if (rest <= 0) return values[row] as number;
  }
  return 0;
}
