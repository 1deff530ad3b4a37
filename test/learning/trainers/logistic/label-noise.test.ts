// Logistic regression whose labels are wrong at some rate, as SciPy fits it.
import t from 'tap';
import { FIRST_NOISE, noisy } from '../../../../src/learning/trainers/logistic/label-noise.ts';
import { logistic } from '../../../../src/learning/trainers/logistic/losses.ts';
import { solve, solveNoisy } from '../../../../src/learning/trainers/logistic/solve.ts';
import vectors from '../../../vectors/label-noise.json' with { type: 'json' };

const COLUMNS = 3;
const problem = {
  rows: {
    rowCount: vectors.labels.length,
    numericWidth: COLUMNS,
    numeric: Float32Array.from(vectors.numeric),
    categoryCount: 0,
    categories: new Int32Array(0),
    tableRows: 0,
  },
  labels: Float64Array.from(vectors.labels),
  weights: Float64Array.from(vectors.weights),
  loss: logistic,
  signal: new AbortController().signal,
};

function isNear(actual: number, expected: number, tolerance: number): boolean {
  return Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected));
}

t.test('rates and coefficients are those of the greatest likelihood', async (t) => {
  for (const { l2, theta, low, high } of vectors.fits) {
    const start = await solve(problem, l2, new Float64Array(COLUMNS + 1));
    const fitted = await solveNoisy(problem, l2, start.point, FIRST_NOISE);
    t.ok(isNear(fitted.noise?.low ?? NaN, low, 2e-3), `${l2}: ${fitted.noise?.low} for ${low}`);
    t.ok(isNear(fitted.noise?.high ?? NaN, high, 2e-3), `${l2}: ${fitted.noise?.high} for ${high}`);
    for (const [i, expected] of theta.entries())
      t.ok(
        isNear(fitted.point[i] ?? NaN, expected, 0.02),
        `${l2}, coefficient ${i}: ${fitted.point[i]} for ${expected}`,
      );
  }
});

t.test('the loss is the cross-entropy of the probability, and its slope that of differences', async (t) => {
  const noise = { low: 0.03, high: 0.9 };
  const loss = noisy(noise);
  const gradient = new Float64Array(1);
  const at = (z: number, label: number): number => loss.of(Float64Array.of(z), label, gradient);
  for (const z of [-30, -3, -0.2, 0, 1.5, 40])
    for (const label of [0, 1]) {
      const chance = noise.low + (noise.high - noise.low) / (1 + Math.exp(-z));
      t.ok(isNear(at(z, label), -Math.log(label > 0 ? chance : 1 - chance), 1e-12));
      const slope = gradient[0] as number;
      t.ok(isNear(slope, (at(z + 1e-5, label) - at(z - 1e-5, label)) / 2e-5, 1e-7));
    }
});
