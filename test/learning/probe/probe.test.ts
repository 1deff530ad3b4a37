// Probes against NumPy (test/vectors/probe.py), on models whose gradients are known, and what values a change may reach.
import t, { type Test } from 'tap';
import type { Movement, ProbedAttack } from '../../../src/core/probe-report.ts';
import type { FollowInputs, ProbeInput, Vectors } from '../../../src/learning/probe/input.ts';
import { movesOf } from '../../../src/learning/probe/input.ts';
import { probe, type ProbeFindings } from '../../../src/learning/probe/probe.ts';
import reference from '../../vectors/probe.json' with { type: 'json' };

const WIDTH = 6;
const [LOW = 0, HIGH = 0] = reference.range;
const everything = { low: -Infinity, high: Infinity };

function input(at: number, more: Partial<ProbeInput> = {}): ProbeInput {
  const steering = at === 4 ? 'window' : 'event';
  return {
    features: [String(at)],
    at: [at],
    kind: 'numeric',
    steering,
    columns: [],
    range: null,
    isWhole: false,
    categories: null,
    ...more,
  };
}

const inputs = [
  input(0, { range: everything }),
  input(1, { range: { low: LOW, high: HIGH } }),
  input(2),
  input(3, { kind: 'categorical' }),
  input(4),
];
const follow: FollowInputs = (vectors, base) => {
  vectors[base + 5] = (vectors[base + 4] as number) - 0.5 * (vectors[base + 2] as number);
};
const values = Float32Array.from(reference.rows.flat(), (value) => value ?? Number.NaN);
const vectors: Vectors = { values, rowCount: reference.rows.length, width: WIDTH };

type Model = (row: Float32Array) => number;

const known = (row: Float32Array): number[] => Array.from(row, (value) => (Number.isNaN(value) ? 0 : value));
const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, one, i) => sum + one * (b[i] ?? 0), 0);

const linear: Model = (row) => dot(reference.linear.weights, known(row));
const network: Model = (row) => {
  const { hidden, biases, output, bias } = reference.network;
  const units = biases.map((start, unit) =>
    Math.tanh(start + known(row).reduce((sum, value, i) => sum + value * (hidden[i]?.[unit] ?? 0), 0)),
  );
  return 1 / (1 + Math.exp(-(dot(output, units) + bias)));
};

function scorer(model: Model): (rows: Float32Array, count: number) => Promise<Float32Array> {
  return async (rows, count) =>
    Float32Array.from({ length: count }, (_, row) => model(rows.subarray(row * WIDTH, (row + 1) * WIDTH)));
}

function found(model: Model, threshold: number, step = reference.step): Promise<ProbeFindings> {
  const parts = { vectors, inputs, follow, score: scorer(model), output: everything };
  return probe(parts, { step, threshold, goal: 'lower', budget: reference.budget });
}

const near = (t: Test, is: number, wanted: number, what: string): unknown =>
  t.ok(Math.abs(is - wanted) <= 2e-6 + 1e-5 * Math.abs(wanted), `${what}: ${is}, not ${wanted}`);

function sameMovement(t: Test, is: Movement, wanted: Movement, what: string): void {
  t.equal(is.rows, wanted.rows, what);
  for (const figure of ['mean', 'p95', 'max'] as const)
    near(t, is[figure], wanted[figure], `${what}, ${figure}`);
}

type WantedAttack = Omit<ProbedAttack, 'used'>;

for (const [name, model] of [
  ['linear', linear],
  ['network', network],
] as const) {
  t.test(`${name}: figures, attacks and gradient are those of NumPy`, async (t) => {
    const wanted = reference[name];
    const is = await found(model, wanted.threshold);
    for (const { features, moved, flips, slope } of is.inputs) {
      const expected = wanted.inputs[String(features[0]) as keyof typeof wanted.inputs];
      sameMovement(t, moved, expected.moved, `input ${features[0]}`);
      near(t, flips, expected.flips, `flips by input ${features[0]}`);
      if (expected.slope === null || slope === null) t.equal(slope, expected.slope);
      else near(t, slope, expected.slope, `slope of input ${features[0]}`);
    }
    for (const attack of ['gradientSign', 'greedy'] as const) {
      const expected: WantedAttack = wanted[attack];
      sameMovement(t, is[attack].moved, expected.moved, attack);
      t.equal(is[attack].targets, expected.targets);
      near(t, is[attack].flips, expected.flips, `flips by ${attack}`);
    }
    const fine = await found(model, wanted.threshold, 0.02);
    for (const at of ['0', '1'] as const) {
      const slope = fine.inputs.find(({ features }) => features[0] === at)?.slope ?? 0;
      t.ok(
        Math.abs(slope / wanted.gradient[at] - 1) < 0.01,
        `derivative by ${at}: ${slope}, ${wanted.gradient[at]}`,
      );
    }
  });
}

t.test('an attack toward high scores, and one that nothing helps', async (t) => {
  const parts = { vectors, inputs, follow, score: scorer(linear), output: everything };
  const settings = { step: 0.1, threshold: null, goal: 'raise', budget: 9 } as const;
  const raised = await probe(parts, settings);
  t.ok(raised.greedy.moved.mean > 0);
  t.ok(raised.gradientSign.moved.mean > 0);
  t.equal(raised.scores.above, 0.5, 'without a threshold it is the median');
  const constant = await probe({ ...parts, score: scorer(() => 1) }, settings);
  t.same(constant.greedy.used, []);
  t.same(constant.greedy.moved, { rows: vectors.rowCount, mean: 0, p95: 0, max: 0 });
  t.same(
    constant.inputs.map(({ moved }) => moved.max),
    [0, 0, 0, 0, 0],
  );
});

t.test('scores that the task cannot have are counted, and compared with nothing', async (t) => {
  const broken: Model = (row) => ((row[0] ?? 0) > 1 ? Number.NaN : 0.5);
  const parts = { vectors, inputs, follow, score: scorer(broken), output: { low: 0, high: 1 } };
  const { rows, inputs: found } = await probe(parts, { step: 0.5, threshold: 0.5, goal: 'lower', budget: 2 });
  t.equal(rows, reference.rows.filter(([first]) => !((first ?? 0) > 1)).length);
  const first = found.find(({ features }) => features[0] === '0');
  t.ok((first?.invalid ?? 0) > 0);
  t.equal(first?.moved.max, 0);
});

t.test('a change stays within its range, whole numbers stay whole', (t) => {
  const column = (...given: number[]): Vectors => ({
    values: Float32Array.from(given),
    rowCount: given.length,
    width: 1,
  });
  const reached = (given: number[], more: Partial<ProbeInput>, share: number): number[][] => {
    const { to } = movesOf(input(0, more), column(...given), share);
    return given.map((value) => to.map((move) => move(value)));
  };
  const half = Array.from({ length: 11 }, (_, i) => i + 0.5);
  t.same(reached(half, { range: { low: 0, high: 10 } }, 0.25)[0], [2.5, 0], 'a step of 2, cut at the bound');
  t.same(
    reached(half, { range: { low: 0, high: 10 } }, 0.25).at(-1),
    [Number.NaN, 8.5],
    'what was logged beyond stays',
  );
  t.same(reached(half, {}, 0.25)[0], [2.5, Number.NaN], 'without a range, within what was logged');
  t.same(reached([0, 0, 1, 1], { isWhole: true, range: { low: 0, high: 1 } }, 0.1), [
    [1, Number.NaN],
    [1, Number.NaN],
    [Number.NaN, 0],
    [Number.NaN, 0],
  ]);
  t.same(reached([1, 2, 3, 4, 5], {}, 0.01)[2], [4, 2], 'what is whole in all that was logged stays so');
  t.same(reached([5, 5], {}, 0.5)[0], [Number.NaN, Number.NaN], 'a constant has no step');
  const rare = [...Array.from({ length: 99 }, () => 0.25), 1.25];
  t.same(
    reached(rare, { range: everything }, 0.5)[0],
    [0.75, -0.25],
    'a few rare values: a share of the whole range',
  );
  t.same(reached([Number.NaN, Infinity, 1.5, 2.5], { range: everything }, 1).slice(0, 2), [
    [Number.NaN, Number.NaN],
    [Number.NaN, Number.NaN],
  ]);
  const categories = { kind: 'categorical', categories: [7, 9] } as const;
  t.same(reached([9, 9, 7, 4], categories, 0.1)[3], [9, 7], 'the contract allows no other');
  t.end();
});
