// Calibration maps: those of scikit-learn, what holds of each, and that files map as they do.
import * as fc from 'fast-check';
import t, { type Test } from 'tap';
import { mapped, type CalibrationMap } from '../../../src/learning/calibration/calibration.ts';
import { calibratedModel } from '../../../src/learning/calibration/calibrated-model.ts';
import { fitIsotonic } from '../../../src/learning/calibration/fit-isotonic.ts';
import { fitPlatt } from '../../../src/learning/calibration/fit-platt.ts';
import { fitTemperature } from '../../../src/learning/calibration/fit-temperature.ts';
import { GraphBuilder } from '../../../src/learning/graph-builder.ts';
import vectors from '../../vectors/calibration.json' with { type: 'json' };
import { openScorers } from '../examples.ts';

const scorers = await openScorers();
const grid = Float32Array.from(vectors.grid);

function closeTo(t: Test, found: Float32Array, expected: readonly number[], tolerance: number): void {
  t.equal(found.length, expected.length);
  const far = expected.findIndex((value, i) => !(Math.abs(value - (found[i] ?? NaN)) < tolerance));
  t.equal(far, -1, `value ${far}: ${found[far]} of ${expected[far]}`);
}

for (const { name, ...rows } of vectors.binary)
  t.test(`maps of one probability are scikit-learn's: ${name}`, async (t) => {
    const [scores, labels] = [Float32Array.from(rows.scores), Float32Array.from(rows.labels)];
    closeTo(t, mapped(fitPlatt(scores, labels), grid, 1), rows.sigmoid, 1e-5);
    closeTo(t, mapped(fitIsotonic(scores, labels), grid, 1), rows.isotonic, 1e-6);
  });

const temperatureRows = Float32Array.from(vectors.scores);
const temperature = fitTemperature(temperatureRows, Float32Array.from(vectors.labels), vectors.classes);

t.test("the temperature is scikit-learn's", async (t) => {
  const expected = vectors.temperature;
  closeTo(
    t,
    mapped(temperature, temperatureRows.subarray(0, expected.length), vectors.classes),
    expected,
    1e-4,
  );
});

/** A model whose scores are its features. */
function echo(outputs: number): Uint8Array {
  const graph = new GraphBuilder('echo');
  const features = graph.input('features', 'float32', ['n', outputs]);
  const score = outputs === 1 ? graph.op('Reshape', [features, graph.ints([-1])]) : features;
  graph.output('score', score, 'float32', outputs === 1 ? ['n'] : ['n', outputs]);
  return graph.build();
}

async function filed(
  map: CalibrationMap,
  scores: Float32Array,
  outputs: number,
  size: number,
): Promise<Float32Array> {
  const scorer = await scorers.load(
    'calibrated',
    calibratedModel(echo(outputs), map, outputs) ?? new Uint8Array(),
    outputs,
    outputs,
  );
  const all = new Float32Array(scores.length);
  for (let from = 0; from < scores.length; from += size * outputs) {
    const to = Math.min(scores.length, from + size * outputs);
    await scorer.run(scores.subarray(from, to), (to - from) / outputs, all.subarray(from, to));
  }
  await scorer.close();
  return all;
}

const [first] = vectors.binary;
const someScores = Float32Array.from(first?.scores ?? []);
const someLabels = Float32Array.from(first?.labels ?? []);
const edges = [0, 1, 1e-9, 5e-8, 0.5, 0.9999999, 1 - 1e-9];
const maps: Array<[string, CalibrationMap, Float32Array, number]> = [
  ['platt', fitPlatt(someScores, someLabels), Float32Array.from([...grid, ...edges]), 1],
  ['isotonic', fitIsotonic(someScores, someLabels), Float32Array.from([...grid, ...edges, ...someScores]), 1],
  ['isotonic of one knot', fitIsotonic(Float32Array.of(0.4, 0.4), Float32Array.of(0, 1)), grid, 1],
  [
    'temperature',
    temperature,
    Float32Array.from([...temperatureRows, 0, 0, 1, 0, 0.5, 0.5, 0, 0]),
    vectors.classes,
  ],
  [
    'factors of classes',
    { kind: 'prior', logFactors: Float64Array.of(0, -2.5, 0.7, -Math.LN2) },
    Float32Array.from([...temperatureRows, 0, 0, 1, 0, 0.5, 0.5, 0, 0]),
    vectors.classes,
  ],
];

for (const [name, map, scores, outputs] of maps)
  t.test(`a file maps as the map does, whatever the batch: ${name}`, async (t) => {
    const rows = scores.length / outputs;
    const whole = await filed(map, scores, outputs, rows);
    closeTo(t, whole, [...mapped(map, scores, outputs)], 2e-6);
    for (const size of [1, 2, 3, 7, 16, 33])
      t.same(await filed(map, scores, outputs, size), whole, `batches of ${size}`);
    if (outputs > 1) return;
    const missing = await filed(map, Float32Array.of(0.3, Number.NaN, 0.7), 1, 3);
    t.ok(Number.isNaN(missing[1]) && !Number.isNaN(missing[0]), 'a missing score stays missing');
  });

t.test('a file of old operators is left as it is', async (t) => {
  const old = Uint8Array.from(echo(1));
  // The version of ai.onnx is the 18 behind its field's tag.
  const at = Buffer.from(old).indexOf(Buffer.from([0x10, 18]));
  old[at + 1] = 8;
  t.equal(calibratedModel(old, { kind: 'platt', slope: 1, intercept: 0 }, 1), null);
});

const rows = fc.array(fc.tuple(fc.float({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 1 })), {
  minLength: 2,
  maxLength: 400,
});

t.test('property: isotonic probabilities rise and are the means of what is pooled', async () => {
  fc.assert(
    fc.property(rows, (pairs) => {
      const scores = Float32Array.from(pairs, ([score]) => score);
      const labels = Float32Array.from(pairs, ([, label]) => label);
      const map = fitIsotonic(scores, labels);
      const least = Math.fround(1 / (labels.length + 2));
      for (let i = 1; i < map.scores.length; i += 1) {
        if (!((map.scores[i] ?? 0) > (map.scores[i - 1] ?? 0))) return false;
        if (!((map.probabilities[i] ?? 0) >= (map.probabilities[i - 1] ?? 0))) return false;
      }
      const fitted = mapped(map, scores, 1);
      const sum = (values: Float32Array): number => values.reduce((all, value) => all + value, 0);
      // Each row that was pooled to 0 or 1 is off by the least probability at most.
      return Math.abs(sum(fitted) - sum(labels)) <= labels.length * least * 1.001 + 1e-3;
    }),
    { numRuns: 200 },
  );
});

t.test("property: Platt's map is where no other is better", async () => {
  fc.assert(
    fc.property(rows, (pairs) => {
      const scores = Float32Array.from(pairs, ([score]) => Math.min(0.99, Math.max(0.01, score)));
      const labels = Float32Array.from(pairs, ([, label]) => label);
      const { slope, intercept } = fitPlatt(scores, labels);
      const positives = labels.reduce((all, label) => all + label, 0);
      const targets = labels.map((label) =>
        label > 0 ? (positives + 1) / (positives + 2) : 1 / (labels.length - positives + 2),
      );
      const loss = (a: number, b: number): number =>
        scores.reduce((all, score, i) => {
          const z = a * Math.log(score / (1 - score)) + b;
          return all + Math.max(0, z) - z * (targets[i] ?? 0) + Math.log1p(Math.exp(-Math.abs(z)));
        }, 0);
      const best = loss(slope, intercept);
      return [
        [0.05, 0],
        [-0.05, 0],
        [0, 0.05],
        [0, -0.05],
        [0.05, -0.05],
      ].every(([a = 0, b = 0]) => loss(slope + a, intercept + b) >= best - 1e-5);
    }),
    { numRuns: 200, examples: [[Array.from({ length: 8 }, (): [number, number] => [0, 1])]] },
  );
});
