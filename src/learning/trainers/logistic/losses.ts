// Losses of one row as functions of its linear outputs, with their derivatives (hot path of training).

export interface RowLoss {
  /** Linear outputs of a row. */
  readonly outputs: number;
  /** Writes the derivative by each output and returns the loss. */
  of(outputs: Float64Array, label: number, gradient: Float64Array): number;
}

/** Cross-entropy of a probability: log(1 + e^z) - y z. */
export const logistic: RowLoss = {
  outputs: 1,
  of(outputs, label, gradient) {
    const z = outputs[0] as number;
    const small = Math.exp(-Math.abs(z));
    gradient[0] = (z > 0 ? 1 / (1 + small) : small / (1 + small)) - label;
    return Math.max(z, 0) + Math.log1p(small) - label * z;
  },
};

/** Half the square of the error. */
export const squared: RowLoss = {
  outputs: 1,
  of(outputs, label, gradient) {
    const error = (outputs[0] as number) - label;
    gradient[0] = error;
    return (error * error) / 2;
  },
};

/** Half the square of the error up to an error of `delta`, and linear beyond it (Huber, 1964). */
export function huber(delta: number): RowLoss {
  return {
    outputs: 1,
    of(outputs, label, gradient) {
      const error = (outputs[0] as number) - label;
      const size = Math.abs(error);
      gradient[0] = Math.min(delta, Math.max(-delta, error));
      return size <= delta ? (error * error) / 2 : delta * (size - delta / 2);
    },
  };
}

/** Cross-entropy of the probabilities of several classes, of which the label is a number: log(sum of e^z) - z of the label. */
export function softmax(classes: number): RowLoss {
  return {
    outputs: classes,
    of(outputs, label, gradient) {
      let most = -Infinity;
      for (let k = 0; k < classes; k += 1) most = Math.max(most, outputs[k] as number);
      let sum = 0;
      for (let k = 0; k < classes; k += 1) {
        const share = Math.exp((outputs[k] as number) - most);
        gradient[k] = share;
        sum += share;
      }
      for (let k = 0; k < classes; k += 1) gradient[k] = (gradient[k] as number) / sum;
      gradient[label] = (gradient[label] as number) - 1;
      return Math.log(sum) + most - (outputs[label] as number);
    },
  };
}
