// Linear least squares in a training thread: the normal equations by Gaussian elimination. A missing value counts as 0.
import { GraphBuilder, type Fit, type FitRequest, type TrainerModule } from 'millrace';
import type { LeastSquaresParams } from './least-squares.ts';

/** Solves A x = b for a symmetric, positive definite matrix. */
function solve(matrix: number[][], values: number[]): number[] {
  const a = matrix.map((row, i) => [...row, values[i] ?? 0]);
  const size = a.length;
  for (const [i, pivot] of a.entries()) {
    for (const row of a.slice(i + 1)) {
      const factor = (row[i] ?? 0) / (pivot[i] ?? 1);
      for (let k = i; k <= size; k += 1) row[k] = (row[k] ?? 0) - factor * (pivot[k] ?? 0);
    }
  }
  const x = Array.from({ length: size }, () => 0);
  for (let i = size - 1; i >= 0; i -= 1) {
    const row = a[i] ?? [];
    const known = x.reduce((sum, value, k) => (k > i ? sum + value * (row[k] ?? 0) : sum), 0);
    x[i] = ((row[size] ?? 0) - known) / (row[i] ?? 1);
  }
  return x;
}

async function fit({ rows, params }: FitRequest<LeastSquaresParams>): Promise<Fit> {
  const { rowCount, width, features, labels } = rows;
  const size = width + 1;
  const matrix = Array.from({ length: size }, () => Array.from({ length: size }, () => 0));
  const target = Array.from({ length: size }, () => 0);
  for (let row = 0; row < rowCount; row += 1) {
    const x = [...features.subarray(row * width, (row + 1) * width), 1].map((value) => value || 0);
    for (const [i, line] of matrix.entries()) {
      for (let k = 0; k < size; k += 1) line[k] = (line[k] ?? 0) + ((x[i] ?? 0) * (x[k] ?? 0)) / rowCount;
      target[i] = (target[i] ?? 0) + ((x[i] ?? 0) * (labels[row] ?? 0)) / rowCount;
    }
  }
  for (const [i, line] of matrix.entries()) line[i] = (line[i] ?? 0) + params.ridge;
  const solution = solve(matrix, target);
  const graph = new GraphBuilder('least_squares');
  const x = graph.input('features', 'float32', ['n', width]);
  const known = graph.op('Where', [graph.op('IsNaN', [x]), graph.scalar(0), x]);
  const data = Float32Array.from(solution.slice(0, width));
  const weights = graph.initializer('weights', { type: 'float32', data, dims: [width, 1] });
  const sum = graph.op('Add', [graph.op('MatMul', [known, weights]), graph.scalar(solution[width] ?? 0)]);
  graph.output('score', graph.op('Reshape', [sum, graph.ints([-1])]), 'float32', ['n']);
  return { model: graph.build(), summary: `Solved ${size} equations from ${rowCount} rows` };
}

const trainer: TrainerModule<LeastSquaresParams> = { fit };

export default trainer;
