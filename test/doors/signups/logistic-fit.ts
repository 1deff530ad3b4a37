// Logistic regression by gradient descent, in a training thread. Features are standardised; a missing value is 0.
import { GraphBuilder, type Fit, type FitRequest, type TrainerModule } from 'millrace';
import type { LogisticParams } from './logistic.ts';

/** Mean and deviation of each column, without missing values. */
function scales(features: Float32Array, width: number): Array<{ mean: number; deviation: number }> {
  return Array.from({ length: width }, (_, column) => {
    const values = features.filter((value, i) => i % width === column && !Number.isNaN(value));
    const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return { mean, deviation: Math.sqrt(squares / Math.max(1, values.length)) || 1 };
  });
}

async function fit({ rows, trainCount, params, chosen, signal }: FitRequest<LogisticParams>): Promise<Fit> {
  const { width, labels } = rows;
  const scale = scales(rows.features.subarray(0, trainCount * width), width);
  const x = rows.features.map((value, i) => {
    const { mean, deviation } = scale[i % width] ?? { mean: 0, deviation: 1 };
    return Number.isNaN(value) ? 0 : (value - mean) / deviation;
  });
  let weights = new Float64Array(width + 1); // the last one is the bias
  const probability = (row: number): number => {
    let z = weights[width] ?? 0;
    for (let k = 0; k < width; k += 1) z += (weights[k] ?? 0) * (x[row * width + k] ?? 0);
    return 1 / (1 + Math.exp(-z));
  };
  const validationLoss = (): number => {
    let loss = 0;
    for (let row = trainCount; row < rows.rowCount; row += 1)
      loss -= Math.log(Math.max(1e-7, labels[row] === 1 ? probability(row) : 1 - probability(row)));
    return loss / (rows.rowCount - trainCount);
  };
  // A refit has no validation rows, so it repeats the number of steps of the first fit.
  const steps = typeof chosen === 'number' ? chosen : params.steps;
  let best = { weights, steps, loss: Number.POSITIVE_INFINITY };
  for (let step = 1; step <= steps; step += 1) {
    signal.throwIfAborted();
    const gradient = new Float64Array(width + 1);
    for (let row = 0; row < trainCount; row += 1) {
      const error = probability(row) - (labels[row] ?? 0);
      for (let k = 0; k < width; k += 1) gradient[k] = (gradient[k] ?? 0) + error * (x[row * width + k] ?? 0);
      gradient[width] = (gradient[width] ?? 0) + error;
    }
    weights = weights.map((weight, k) => weight - (params.learningRate * (gradient[k] ?? 0)) / trainCount);
    const loss = rows.rowCount > trainCount ? validationLoss() : -step;
    if (loss < best.loss) best = { weights, steps: step, loss };
  }
  return {
    model: build(scale, best.weights),
    summary: `Descended ${best.steps} of ${params.steps} steps`,
    chosen: best.steps,
  };
}

function build(scale: ReturnType<typeof scales>, weights: Float64Array): Uint8Array {
  const width = scale.length;
  const graph = new GraphBuilder('logistic');
  const features = graph.input('features', 'float32', ['n', width]);
  const centred = graph.op('Sub', [features, graph.floats(scale.map(({ mean }) => mean))]);
  const scaled = graph.op('Div', [centred, graph.floats(scale.map(({ deviation }) => deviation))]);
  const known = graph.op('Where', [graph.op('IsNaN', [features]), graph.scalar(0), scaled]);
  const data = Float32Array.from(weights.subarray(0, width));
  const column = graph.initializer('weights', { type: 'float32', data, dims: [width, 1] });
  const logit = graph.op('Add', [graph.op('MatMul', [known, column]), graph.scalar(weights[width] ?? 0)]);
  const score = graph.op('Reshape', [graph.op('Sigmoid', [logit]), graph.ints([-1])]);
  graph.output('score', score, 'float32', ['n']);
  return graph.build();
}

const trainer: TrainerModule<LogisticParams> = { validates: () => true, fit };

export default trainer;
