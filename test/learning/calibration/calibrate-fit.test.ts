// Calibration in a training: candidates serve mapped probabilities, refits too, and models of any origin can be mapped.
import t from 'tap';
import { defineTrainer, logistic } from '../../../src/index.ts';
import { mapped, type CalibrationMap } from '../../../src/learning/calibration/calibration.ts';
import { calibratedModel } from '../../../src/learning/calibration/calibrated-model.ts';
import { importOnnx } from '../../../src/learning/imported/import-onnx.ts';
import { scoreRows } from '../../../src/learning/score-rows.ts';
import { exportedModels } from '../../support/exported-models.ts';
import { lossOf, makeExample, makeRequest, openScorers, run } from '../examples.ts';

const scorers = await openScorers();
const tooSure = defineTrainer({
  name: 'too-sure',
  module: new URL('./too-sure.ts', import.meta.url),
  tasks: ['binary'],
  defaults: {},
});
const set = makeExample(6_000, 1);
const fresh = makeExample(4_000, 2);
const mean = (values: Float32Array): number => values.reduce((sum, x) => sum + x, 0) / values.length;

t.test('probabilities that are too sure are mapped, those of the fit on all rows too', async (t) => {
  const plain = await run(makeRequest(set, { trainers: [logistic()] }));
  const right = await run(makeRequest(set, { trainers: [tooSure()] }));
  t.match(
    right.why,
    /, calibrated by Platt's map \(slope 0\.3\d*, intercept 0\.3\d*\), then fitted again on all rows/,
  );
  t.ok(Math.abs(lossOf(right.metrics.candidate) - lossOf(plain.metrics.candidate)) < 0.003);
  const scores = await scoreRows(scorers, right.model, fresh);
  t.ok(Math.abs(mean(scores) - mean(fresh.labels)) < 0.03, 'the refit is mapped');
  t.equal(plain.verdict, 'promote');
  t.notMatch(plain.why, /calibrated/, 'those that are right are left alone');
});

t.test('without calibration what the trainer returns serves', async (t) => {
  const off = await run(makeRequest(set, { trainers: [tooSure()], calibration: 'off' }));
  t.notMatch(off.why, /calibrated/);
  const scores = await scoreRows(scorers, off.model, fresh);
  t.ok(Math.abs(mean(scores) - mean(fresh.labels)) > 0.04);
});

t.test('a network whose probabilities were mapped is continued', async (t) => {
  const first = await run(makeRequest(set));
  const model = calibratedModel(first.model, { kind: 'platt', slope: 0.9, intercept: 0 }, 1);
  t.ok(model);
  if (model === null) return;
  const champion = { version: 'v1', model, newestRowMs: first.newestRowMs, trainer: first.trainer };
  const more = makeExample(9_000, 3);
  const second = await run(makeRequest(more, { champion }));
  t.match(second.why, /Started from the champion|from the champion/);
});

const MAPS: readonly CalibrationMap[] = [
  { kind: 'platt', slope: 0.7, intercept: 0.2 },
  {
    kind: 'isotonic',
    scores: Float32Array.of(0.1, 0.3, 0.31, 0.9),
    probabilities: Float32Array.of(0.2, 0.2, 0.6, 0.7),
  },
  { kind: 'temperature', temperature: 1.7 },
];

// LightGBM's converter writes operators of ONNX 9, which have no maps of several classes.
const NOT_MAPPED: ReadonlySet<string> = new Set(['wider-lightgbm-classes']);

for (const { name, bytes, features, shape, choices, values } of exportedModels().filter(
  (one) => one.shape.isProbability && one.refused === null && !NOT_MAPPED.has(one.name),
))
  t.test(`a model that others made is mapped: ${name}`, async (t) => {
    const { model } = importOnnx(bytes, features, shape, choices);
    const rows = { features: values, width: features.length, rowCount: values.length / features.length };
    const raw = await scoreRows(scorers, model, rows, shape.width);
    for (const map of MAPS.filter(({ kind }) => (kind === 'temperature') === shape.width > 1)) {
      const file = calibratedModel(model, map, shape.width);
      t.ok(file, 'its operators are new enough');
      const scores = await scoreRows(scorers, file ?? model, rows, shape.width);
      const expected = mapped(map, raw, shape.width);
      const isClose = scores.every((score, i) => {
        const wanted = expected[i] ?? 0;
        return Number.isNaN(raw[i]) ? Number.isNaN(score) : Math.abs(score - wanted) < 2e-6;
      });
      t.ok(isClose, map.kind);
    }
  });
