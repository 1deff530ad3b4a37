// Models that scikit-learn, LightGBM, XGBoost and PyTorch exported score as in Python, whatever their inputs and outputs are.
import * as fc from 'fast-check';
import t from 'tap';
import { OnnxGraphRuntime } from '../../../src/adapters/onnx/graph-runtime.ts';
import { MillraceError } from '../../../src/core/errors.ts';
import { featureMap } from '../../../src/learning/imported/feature-map.ts';
import { type ImportChoices, importOnnx } from '../../../src/learning/imported/import-onnx.ts';
import type { ScoreShape } from '../../../src/learning/imported/score-graph.ts';
import { viewModel } from '../../../src/onnx-format/model-view.ts';
import { exportedModels, vectorOf } from '../../support/exported-models.ts';

const runtime = new OnnxGraphRuntime();

async function scoresOf(model: Uint8Array, values: Float32Array, width: number): Promise<Float32Array> {
  const session = await runtime.load(model);
  const { inputs, outputs } = viewModel(model);
  const features = { type: 'float32', data: values, dims: [values.length / width, width] } as const;
  const results = await session.run({ [inputs[0]?.name ?? '']: features });
  await session.close();
  return results[outputs[0]?.name ?? '']?.data as Float32Array;
}

for (const { name, bytes, features, shape, choices, values, expected, refused } of exportedModels()) {
  t.test(name, async (t) => {
    if (refused !== null) {
      const imports = (): unknown => importOnnx(bytes, features, shape, choices);
      t.throws(imports, { code: 'MODEL_INVALID', message: refused });
      return;
    }
    const { model } = importOnnx(bytes, features, shape, choices);
    const scores = await scoresOf(model, values, features.length);
    t.equal(scores.length, expected.length * shape.width);
    const wanted = expected.flat();
    const errors = wanted.map(
      (score, i) => Math.abs(score - (scores[i] as number)) / Math.max(1, Math.abs(score)),
    );
    t.ok(
      errors.every((error) => error < 1e-5),
      `the largest difference is ${Math.max(...errors)}`,
    );
  });
}

function exported(name: string): ReturnType<typeof exportedModels>[number] {
  const found = exportedModels().find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no model ${name}`);
  return found;
}

const BINARY: ScoreShape = { width: 1, isProbability: true, classes: null };
const PLAIN: ImportChoices = { features: null, output: null, scores: null, positive: null };

t.test('a model that fits as it is keeps its bytes', async (t) => {
  const { bytes, features, shape } = exported('lightgbm-regression');
  t.equal(importOnnx(bytes, features, shape, PLAIN).model, bytes);
});

t.test('rows that a model has no input for get no score, whatever they are batched with', async (t) => {
  const { bytes, features, shape, choices, rows, expected } = exported('sklearn-strict');
  const { model, known } = importOnnx(bytes, features, shape, choices);
  t.same([...known.keys()].sort(), ['channel', 'country']);
  const [row = []] = rows;
  const [age, amount, channel] = row as [number, number, string];
  const others = [
    [null, amount, channel, 'DE'],
    [Infinity, amount, channel, 'DE'],
    [age, amount, channel, 'IT'],
    [age, amount, null, 'DE'],
    row,
  ];
  const scores = await scoresOf(model, Float32Array.from(others.flatMap(vectorOf)), features.length);
  t.same([...scores.subarray(0, 4)], [NaN, NaN, NaN, NaN]);
  t.ok(Math.abs((scores[4] as number) - (expected[0]?.[0] as number)) < 1e-6);
});

t.test(
  'the map says what a missing value is, and encoders that ignore what they do not know still do',
  async (t) => {
    const { bytes, features, shape, rows } = exported('sklearn-columns');
    const map = featureMap({
      age: { feature: 'age', missing: 40 },
      amount: 'card.amount',
      country: { feature: 'country', missing: 'US' },
    });
    const { model } = importOnnx(bytes, features, shape, { ...PLAIN, features: map });
    const [, amount, channel] = rows[0] as [number, number, string];
    const given = [
      [null, amount, channel, null],
      [40, amount, channel, 'US'],
      [40, amount, channel, 'IT'],
    ];
    const [filled, whole, unknown] = await scoresOf(
      model,
      Float32Array.from(given.flatMap(vectorOf)),
      features.length,
    );
    t.equal(filled, whole);
    t.ok(Number.isFinite(unknown));
  },
);

const refusals: ReadonlyArray<readonly [name: string, choices: Partial<ImportChoices>, why: RegExp]> = [
  ['sklearn-logistic', {}, /has the classes fraud, legitimate.*--positive/],
  ['sklearn-logistic', { positive: 'frau' }, /no class 'frau'.*fraud, legitimate/],
  ['sklearn-svc', {}, /out of LinearClassifier without an activation.*--scores logit/],
  ['torch-logit', {}, /out of Gemm without an activation.*--scores/],
  ['sklearn-forest', { output: ['probability'] }, /no output 'probability'.*probabilities \(float32\)/],
  ['sklearn-classes', {}, /has the classes DE, FR, US.*--positive/],
  ['sklearn-columns', {}, /no feature 'amount'.*Map it with --features/],
  [
    'sklearn-columns',
    { features: featureMap({ amont: 'card.amount' }) },
    /no input 'amont'; did you mean 'amount'/,
  ],
  ['sklearn-columns', { features: featureMap({ amount: 'country.amount' }) }, /no feature 'country.amount'/],
  [
    'sklearn-columns',
    { features: featureMap({ amount: 'card.amount', country: 'age' }) },
    /takes categories, and the feature age is a number/,
  ],
  [
    'sklearn-columns',
    { features: featureMap({ amount: ['card.amount', 'age'] }) },
    /has 1 columns, and 2 features/,
  ],
  ['lightgbm-binary', {}, /2 columns without names, and the topology has 4 features.*--features map.json/],
  ['lightgbm-codes', { features: featureMap(['card.amount', 'age']) }, /has 3 columns, and 2 features/],
];
for (const [name, choices, why] of refusals)
  t.test(`refused: ${name} with ${JSON.stringify(choices)}`, async (t) => {
    const { bytes, features } = exported(name);
    t.throws(() => importOnnx(bytes, features, BINARY, { ...PLAIN, ...choices }), {
      code: 'MODEL_INVALID',
      message: why,
    });
  });

t.test('damaged files are refused as such', async () => {
  const { bytes, features } = exported('sklearn-forest');
  fc.assert(
    fc.property(
      fc.nat(bytes.length - 1),
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      (at, flip, isCut) => {
        const damaged = Uint8Array.from(isCut ? bytes.subarray(0, at) : bytes);
        if (!isCut) damaged[at] = (damaged[at] as number) ^ flip;
        try {
          importOnnx(damaged, features, BINARY, PLAIN);
        } catch (error) {
          if (!(error instanceof MillraceError) || error.code !== 'MODEL_INVALID') throw error;
        }
      },
    ),
    { numRuns: 300 },
  );
});
