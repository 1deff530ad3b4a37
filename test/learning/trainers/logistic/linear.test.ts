// The solver of linear models gives the coefficients of scikit-learn, and of SciPy for Huber's loss.
import t from 'tap';
import { minimise } from '../../../../src/learning/trainers/logistic/lbfgs.ts';
import { huber, logistic, softmax, squared } from '../../../../src/learning/trainers/logistic/losses.ts';
import {
  curvatureOf,
  outputSize,
  penalisedLoss,
  type LinearRows,
} from '../../../../src/learning/trainers/logistic/penalised-loss.ts';
import vectors from '../../../vectors/linear.json' with { type: 'json' };

const losses = { logistic, squared, huber: huber(vectors.delta), softmax: softmax(vectors.classes) };
const rows: LinearRows = {
  rowCount: vectors.weights.length,
  numericWidth: vectors.numericWidth,
  numeric: Float32Array.from(vectors.numeric),
  categoryCount: 1,
  categories: Int32Array.from(vectors.categories),
  tableRows: vectors.tableRows,
};
const weights = Float64Array.from(vectors.weights);
const breathe = (): Promise<void> => Promise.resolve();

for (const { loss: name, l2, theta } of vectors.cases)
  t.test(`${name} with a penalty of ${l2}`, async (t) => {
    const kind = name as keyof typeof losses;
    const labels = Float64Array.from(vectors.labels[kind]);
    const problem = { rows, labels, weights, loss: losses[kind], l2 };
    const options = {
      curvature: curvatureOf(problem),
      tolerance: 1e-10,
      iterationsMax: 500,
      breathe,
    };
    const { point, iterations } = await minimise(
      penalisedLoss(problem),
      new Float64Array(outputSize(rows) * losses[kind].outputs),
      options,
    );
    for (const [i, expected] of theta.entries())
      t.ok(Math.abs((point[i] ?? 0) - expected) < 1e-6, `coefficient ${i}: ${point[i]} of ${expected}`);
    t.ok(iterations < 100, `${iterations} iterations`);
  });

t.test('the gradient is the derivative', async (t) => {
  const labels = Float64Array.from(vectors.labels.logistic);
  const f = penalisedLoss({ rows, labels, weights, loss: logistic, l2: 3 });
  const theta = Float64Array.from({ length: outputSize(rows) }, (_, i) => Math.sin(i));
  const gradient = new Float64Array(theta.length);
  const unused = new Float64Array(theta.length);
  f(theta, gradient);
  for (const [i, slope] of gradient.entries()) {
    const at = (by: number): number =>
      f(
        theta.map((value, k) => (k === i ? value + by : value)),
        unused,
      );
    t.ok(Math.abs((at(1e-5) - at(-1e-5)) / 2e-5 - slope) < 1e-6, `component ${i}`);
  }
});

t.test('a loss that is not finite ends at once, and a flat function where it starts', async (t) => {
  const options = { curvature: Float64Array.of(1), tolerance: 1e-8, iterationsMax: 10, breathe };
  await t.rejects(
    minimise(() => Number.NaN, Float64Array.of(1), options),
    { code: 'TRAINING_FAILED' },
  );
  t.match(await minimise(() => 3, Float64Array.of(1), options), { value: 3, iterations: 0 });
});
