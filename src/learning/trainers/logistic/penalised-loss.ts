// The loss of a linear model over encoded rows, with an L2 penalty (hot path of training).
import type { EncodedSet } from '../encoding/encoded-set.ts';
import type { RowLoss } from './losses.ts';

/** Rows of a linear model: numeric columns, and for each categorical feature a row of one table of coefficients. */
export interface LinearRows {
  readonly rowCount: number;
  readonly numericWidth: number;
  /** Row-major [rowCount, numericWidth]. */
  readonly numeric: Float32Array;
  readonly categoryCount: number;
  /** Row-major [rowCount, categoryCount]: rows of the table. */
  readonly categories: Int32Array;
  readonly tableRows: number;
}

/** An encoded set as rows of a linear model, those from `from` to `to`. */
export function linearRows(set: EncodedSet, tableRows: number, from: number, to: number): LinearRows {
  const { numericWidth, categoryCount } = set;
  return {
    rowCount: to - from,
    numericWidth,
    numeric: set.numeric.subarray(from * numericWidth, to * numericWidth),
    categoryCount,
    categories: Int32Array.from(set.categories.subarray(from * categoryCount, to * categoryCount), Number),
    tableRows,
  };
}

/** Parameters of one output: the numeric columns' coefficients, the table's, then the intercept, which is not penalised. */
export function outputSize({
  numericWidth,
  tableRows,
}: Pick<LinearRows, 'numericWidth' | 'tableRows'>): number {
  return numericWidth + tableRows + 1;
}

/** Linear outputs of a row. */
export function outputsOf(rows: LinearRows, row: number, theta: Float64Array, outputs: Float64Array): void {
  const { numericWidth, numeric, categoryCount, categories } = rows;
  const size = outputSize(rows);
  const at = row * numericWidth;
  const categoriesAt = row * categoryCount;
  for (let k = 0; k < outputs.length; k += 1) {
    const base = k * size;
    let z = theta[base + size - 1] as number;
    for (let i = 0; i < numericWidth; i += 1) z += (numeric[at + i] as number) * (theta[base + i] as number);
    for (let i = 0; i < categoryCount; i += 1)
      z += theta[base + numericWidth + (categories[categoriesAt + i] as number)] as number;
    outputs[k] = z;
  }
}

/** Sum of a row's gradient by its outputs times its columns. */
function addGradient(rows: LinearRows, row: number, byOutput: Float64Array, gradient: Float64Array): void {
  const { numericWidth, numeric, categoryCount, categories } = rows;
  const size = outputSize(rows);
  const at = row * numericWidth;
  const categoriesAt = row * categoryCount;
  for (let k = 0; k < byOutput.length; k += 1) {
    const base = k * size;
    const slope = byOutput[k] as number;
    for (let i = 0; i < numericWidth; i += 1)
      gradient[base + i] = (gradient[base + i] as number) + slope * (numeric[at + i] as number);
    for (let i = 0; i < categoryCount; i += 1) {
      const cell = base + numericWidth + (categories[categoriesAt + i] as number);
      gradient[cell] = (gradient[cell] as number) + slope;
    }
    gradient[base + size - 1] = (gradient[base + size - 1] as number) + slope;
  }
}

export interface Penalised {
  readonly rows: LinearRows;
  readonly labels: Float32Array | Float64Array;
  /** 1 in the mean. */
  readonly weights: Float32Array | Float64Array;
  readonly loss: RowLoss;
  /** The penalty is l2 / 2 times the sum of squares, beside the weighted sum of the rows' losses. */
  readonly l2: number;
}

/** The penalised loss divided by the number of rows, and its gradient. */
export function penalisedLoss(problem: Penalised): (theta: Float64Array, gradient: Float64Array) => number {
  const { rows, labels, weights, loss, l2 } = problem;
  const outputs = new Float64Array(loss.outputs);
  const byOutput = new Float64Array(loss.outputs);
  const size = outputSize(rows);
  const share = 1 / rows.rowCount;
  return (theta, gradient) => {
    gradient.fill(0);
    let sum = 0;
    for (let row = 0; row < rows.rowCount; row += 1) {
      const weight = (weights[row] as number) * share;
      outputsOf(rows, row, theta, outputs);
      sum += weight * loss.of(outputs, labels[row] as number, byOutput);
      for (let k = 0; k < byOutput.length; k += 1) byOutput[k] = (byOutput[k] as number) * weight;
      addGradient(rows, row, byOutput, gradient);
    }
    for (let i = 0; i < theta.length; i += 1) {
      if (i % size === size - 1) continue;
      const value = theta[i] as number;
      sum += (l2 * share * value * value) / 2;
      gradient[i] = (gradient[i] as number) + l2 * share * value;
    }
    return sum;
  };
}

/** Mean weighted squares of the columns and the penalty: the second derivatives, but for a factor of the loss. */
export function curvatureOf({ rows, weights, loss, l2 }: Penalised): Float64Array {
  const { rowCount, numericWidth, numeric, categoryCount, categories } = rows;
  const size = outputSize(rows);
  const squares = new Float64Array(size);
  for (let row = 0; row < rowCount; row += 1) {
    const weight = (weights[row] as number) / rowCount;
    for (let i = 0; i < numericWidth; i += 1)
      squares[i] = (squares[i] as number) + weight * (numeric[row * numericWidth + i] as number) ** 2;
    for (let i = 0; i < categoryCount; i += 1) {
      const cell = numericWidth + (categories[row * categoryCount + i] as number);
      squares[cell] = (squares[cell] as number) + weight;
    }
    squares[size - 1] = (squares[size - 1] as number) + weight;
  }
  const all = new Float64Array(size * loss.outputs);
  for (let i = 0; i < all.length; i += 1)
    all[i] = (squares[i % size] as number) + (i % size === size - 1 ? 0 : l2 / rowCount);
  return all;
}

/** Weighted mean loss of rows. */
export function meanLoss(
  { rows, labels, weights, loss }: Omit<Penalised, 'l2'>,
  theta: Float64Array,
): number {
  const outputs = new Float64Array(loss.outputs);
  const unused = new Float64Array(loss.outputs);
  let [sum, total] = [0, 0];
  for (let row = 0; row < rows.rowCount; row += 1) {
    outputsOf(rows, row, theta, outputs);
    sum += (weights[row] as number) * loss.of(outputs, labels[row] as number, unused);
    total += weights[row] as number;
  }
  return sum / total;
}
