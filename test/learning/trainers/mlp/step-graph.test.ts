import t from 'tap';
import type { Encoding } from '../../../../src/learning/trainers/encoding/encoding.ts';
import { networkShape } from '../../../../src/learning/trainers/mlp/network-shape.ts';
import type { MlpParams } from '../../../../src/learning/trainers/mlp/params.ts';
import type { NetworkShape } from '../../../../src/learning/trainers/mlp/network-shape.ts';
import {
  ADAM_BETA_1,
  ADAM_BETA_2,
  buildStepGraph,
} from '../../../../src/learning/trainers/mlp/step-graph.ts';
import type { GraphSession, Tensor } from '../../../../src/ports/scorer.ts';
import vectors from '../../../vectors/training.json' with { type: 'json' };
import { headOf } from '../../../../src/learning/trainers/mlp/head.ts';
import { params as exampleParams, runtime, task } from '../../examples.ts';
import { referenceLogits } from '../../reference.ts';

/** Five numeric inputs and two categorical ones with 2 and 3 known categories: seven rows of embeddings. */
const encoding: Encoding = {
  features: Array.from({ length: 7 }, (_, i) => ({ name: `f${i}`, kind: i < 5 ? 'numeric' : 'categorical' })),
  clipDeviations: 5,
  numeric: Array.from({ length: 5 }, (_, column) => ({
    column,
    signedLog: false,
    logScale: 1,
    mean: 0,
    deviation: 1,
    indicator: false,
  })),
  categorical: [
    { column: 5, vocabulary: [1, 2] },
    { column: 6, vocabulary: [1, 2, 3] },
  ],
};

const head = headOf(task, new Float32Array(1), null);

function paramsFor(activation: string, dropout: number): MlpParams {
  return {
    ...exampleParams,
    hidden: vectors.shape.hidden,
    members: vectors.shape.members,
    embeddingSize: vectors.shape.embeddingSize,
    activation: activation === 'silu' ? 'silu' : 'relu',
    weightDecay: vectors.shape.weightDecay,
    dropout,
  };
}

type Batch = (typeof vectors.cases)[number]['batches'][number];

function feedsOf(batch: Batch, rows: number): Record<string, Tensor> {
  const matrix = (values: readonly number[]): Tensor => ({
    type: 'float32',
    data: Float32Array.from(values),
    dims: [rows, values.length / rows],
  });
  return {
    numeric: matrix(batch.numeric),
    categories: {
      type: 'int64',
      data: BigInt64Array.from(batch.categories, BigInt),
      dims: [rows, vectors.shape.categoryCount],
    },
    labels: matrix(batch.labels),
    weights: matrix(batch.weights),
    keep: { type: 'bool', data: Uint8Array.from(batch.keep), dims: [rows, batch.keep.length / rows] },
  };
}

const vector = (data: Float32Array): Tensor => ({ type: 'float32', data, dims: [data.length] });
const scalar = (value: number): Tensor => ({ type: 'float32', data: Float32Array.of(value), dims: [] });

async function step(
  session: GraphSession,
  feeds: Record<string, Tensor>,
  state: readonly Tensor[],
  number: number,
): Promise<{ state: Tensor[]; loss: number }> {
  const [theta, m, v] = state as [Tensor, Tensor, Tensor];
  const out = await session.run({
    ...feeds,
    theta,
    m,
    v,
    rate: scalar(vectors.shape.rate),
    correction1: scalar(1 / (1 - ADAM_BETA_1 ** number)),
    correction2: scalar(1 / (1 - ADAM_BETA_2 ** number)),
  });
  return {
    state: [out['theta_next']!, out['m_next']!, out['v_next']!],
    loss: out['loss']!.data[0] as number,
  };
}

function startState(shape: NetworkShape, start: readonly number[]): Tensor[] {
  return [
    vector(Float32Array.from(start)),
    vector(new Float32Array(shape.size)),
    vector(new Float32Array(shape.size)),
  ];
}

function worst(actual: ArrayLike<number>, expected: readonly number[]): number {
  return expected.reduce((most, x, i) => Math.max(most, Math.abs(x - actual[i]!)), 0);
}

t.test('gradients and 20 steps of AdamW equal PyTorch, for ReLU and SiLU', async (t) => {
  for (const { activation, start, batches, gradient, losses, afterFirst, afterLast } of vectors.cases) {
    const params = paramsFor(activation, vectors.shape.dropout);
    const shape = networkShape(encoding, params);
    t.equal(shape.size, start.length, 'the same number of parameters');
    const session = await runtime.load(buildStepGraph(shape, params, head));
    let state = startState(shape, start);
    for (let i = 0; i < vectors.shape.steps; i += 1) {
      const next = await step(session, feedsOf(batches[i % 3]!, vectors.shape.rows), state, i + 1);
      t.ok(Math.abs(next.loss - losses[i]!) < 2e-6, `${activation}: loss of step ${i + 1}`);
      state = next.state;
      if (i > 0) continue;
      const got = Array.from(state[1]!.data as Float32Array, (x) => x / (1 - ADAM_BETA_1));
      t.ok(worst(got, gradient) < 1e-6, `${activation}: gradient, off by ${worst(got, gradient)}`);
      t.ok(worst(state[0]!.data as Float32Array, afterFirst) < 2e-5, `${activation}: after the first step`);
    }
    const off = worst(state[0]!.data as Float32Array, afterLast);
    t.ok(off < 5e-5, `${activation}: after ${vectors.shape.steps} steps, off by ${off}`);
    await session.close();
  }
});

t.test('gradients equal central differences of a float64 forward pass', async (t) => {
  for (const { activation, start, batches } of vectors.cases) {
    const params = paramsFor(activation, 0);
    const shape = networkShape(encoding, params);
    const session = await runtime.load(buildStepGraph(shape, params, head));
    const batch = batches[1]!;
    const { keep: _, ...feeds } = feedsOf(batch, vectors.shape.rows);
    const { state, loss } = await step(session, feeds, startState(shape, start), 1);
    const theta = Float64Array.from(start, Math.fround);
    t.ok(Math.abs(loss - referenceLoss(shape, theta, batch)) < 1e-6, `${activation}: loss`);
    const h = 1e-5;
    const differences = start.map((_x, i) => {
      const at = theta[i]!;
      theta[i] = at + h;
      const above = referenceLoss(shape, theta, batch);
      theta[i] = at - h;
      const below = referenceLoss(shape, theta, batch);
      theta[i] = at;
      return (above - below) / (2 * h);
    });
    const got = Array.from(state[1]!.data as Float32Array, (x) => x / (1 - ADAM_BETA_1));
    t.ok(worst(got, differences) < 1e-6, `${activation}: off by ${worst(got, differences)}`);
    t.ok(Math.max(...differences.map(Math.abs)) > 0.01, 'gradients are not zero');
    await session.close();
  }
});

function referenceLoss(shape: NetworkShape, theta: Float64Array, batch: Batch): number {
  const rows = batch.labels.length;
  let loss = 0;
  for (let row = 0; row < rows; row += 1) {
    const numeric = batch.numeric.slice(
      row * vectors.shape.numericWidth,
      (row + 1) * vectors.shape.numericWidth,
    );
    const categories = batch.categories.slice(
      row * vectors.shape.categoryCount,
      (row + 1) * vectors.shape.categoryCount,
    );
    for (const z of referenceLogits(shape, theta, numeric, categories)) {
      const probability = 1 / (1 + Math.exp(-z));
      const given = batch.labels[row] === 1 ? probability : 1 - probability;
      loss -= (Math.log(given) * batch.weights[row]!) / shape.members;
    }
  }
  return loss;
}
