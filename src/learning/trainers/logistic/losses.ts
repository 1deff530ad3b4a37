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
