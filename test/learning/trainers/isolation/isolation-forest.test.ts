// Isolation forests: as good as scikit-learn's, the same file for the same rows, and alerts at the rate that was asked for.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { OnnxGraphRuntime } from '../../../../src/adapters/onnx/graph-runtime.ts';
import type { FeatureSpec } from '../../../../src/core/feature-spec.ts';
import { anomaly, isolationForest } from '../../../../src/index.ts';
import { scoreRows } from '../../../../src/learning/score-rows.ts';
import { taskFacts } from '../../../../src/learning/task-calls.ts';
import type { TrainerModule, TrainingRows } from '../../../../src/learning/trainer.ts';
import fitModule from '../../../../src/learning/trainers/isolation/fit.ts';
import { depthOf, growTree, meanDepth } from '../../../../src/learning/trainers/isolation/grow-tree.ts';
import { scoreLevels } from '../../../../src/learning/trainers/isolation/score-levels.ts';
import { auc } from '../../../../src/stats/auc.ts';
import { Random } from '../../../../src/stats/random.ts';
import { openScorers } from '../../examples.ts';

interface Vectors {
  readonly width: number;
  readonly features: readonly number[];
  readonly anomalies: readonly number[];
  readonly auc: { readonly mean: number; readonly std: number };
  readonly depths: ReadonlyArray<{ readonly count: number; readonly depth: number }>;
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../vectors/isolation.json', import.meta.url), 'utf8'),
) as Vectors;
const scorers = await openScorers();
const task = taskFacts(anomaly());
const runtime = new OnnxGraphRuntime();
const module: TrainerModule = fitModule;

function rowsOf(features: Float32Array, width: number): TrainingRows {
  const rowCount = features.length / width;
  const labels = new Float32Array(rowCount).fill(Number.NaN);
  const weights = new Float32Array(rowCount).fill(1);
  return { rowCount, width, features, labels, weights, eventTimeMs: new Float64Array(rowCount) };
}

async function modelOf(
  rows: TrainingRows,
  seed: number,
  params = {},
  features: readonly FeatureSpec[] = Array.from({ length: rows.width }, (_, i) => ({
    name: `f${i}`,
    kind: 'numeric',
  })),
): Promise<Uint8Array> {
  const request = { task, features, champion: null, rows, trainCount: rows.rowCount, seed, runtime };
  const { params: given } = isolationForest(params);
  return (await module.fit({ ...request, params: given, signal: new AbortController().signal })).model;
}

t.test("anomalies are found as by scikit-learn's forest", async (t) => {
  const rows = rowsOf(Float32Array.from(vectors.features), vectors.width);
  const labels = Float32Array.from(vectors.anomalies);
  const areas: number[] = [];
  for (let seed = 1; seed <= 20; seed += 1) {
    const model = await modelOf(rows, seed, { rows: 64 });
    areas.push(auc(await scoreRows(scorers, model, rows), labels));
  }
  const mean = areas.reduce((sum, area) => sum + area, 0) / areas.length;
  const { mean: wanted, std } = vectors.auc;
  // Scores are in levels of 0.01, which costs some of the order.
  t.ok(Math.abs(mean - wanted) < 4 * std * Math.sqrt(1 / 20 + 1 / 40) + 0.005, `${mean} for ${wanted}`);
  for (const { count, depth } of vectors.depths)
    t.ok(Math.abs(meanDepth(count) - depth) < 1e-9, `${count} rows`);
});

/** Correlated numbers, a category and missing values. */
function stream(count: number, seed: number): Float32Array {
  const random = new Random(seed);
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - random.nextDouble())) * Math.cos(2 * Math.PI * random.nextDouble());
  const values: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const a = normal();
    const category = 1_000 + Math.floor(6 * random.nextDouble() ** 2);
    values.push(a, a + normal() / 2, random.nextDouble() < 0.1 ? Number.NaN : normal(), category);
  }
  return Float32Array.from(values);
}

const specs: readonly FeatureSpec[] = [
  { name: 'a', kind: 'numeric' },
  { name: 'b', kind: 'numeric' },
  { name: 'c', kind: 'numeric' },
  { name: 'kind', kind: 'categorical' },
];

t.test('rows that were not seen are alerts at the rate, and strange ones are', async (t) => {
  const rows = rowsOf(stream(5_000, 1), 4);
  const model = await modelOf(rows, 3, {}, specs);
  t.same(await modelOf(rows, 3, {}, specs), model, 'the same rows and seed give the same bytes');
  const fresh = rowsOf(stream(20_000, 2), 4);
  const scores = await scoreRows(scorers, model, fresh);
  const share = (from: number): number =>
    scores.filter((score) => score >= Math.fround(from)).length / scores.length;
  for (const rate of [0.1, 0.01, 0.001])
    t.ok(share(1 - rate) > rate / 2.5 && share(1 - rate) < 2.5 * rate, `${rate}: ${share(1 - rate)}`);
  t.ok(scores.every((score) => score >= 0 && score < 1));
  const strange = rowsOf(
    Float32Array.from(
      [
        [3, -3, 0, 1_000],
        [9, 9, 9, 1_000],
        [0, 0, Infinity, 77],
        [0, 0, 0, 1_000],
      ].flat(),
    ),
    4,
  );
  const [crossed = 0, far = 0, unknown = 0, usual = 1] = await scoreRows(scorers, model, strange);
  t.ok(crossed > 0.95, `against the correlation: ${crossed}`);
  t.ok(far >= 0.99, `far away: ${far}`);
  t.ok(unknown > 0.7, `a category that was never seen: ${unknown}`);
  t.ok(usual < 0.6, `usual: ${usual}`);
});

t.test('property: a tree isolates rows, and the model scores a row as its depths say', async (t) => {
  const value = fc.oneof(fc.constantFrom(0, 1, 2, Number.NaN), fc.float({ noDefaultInfinity: true }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(value, value), { minLength: 2, maxLength: 60 }),
      fc.nat(),
      async (pairs, seed) => {
        const rows = rowsOf(Float32Array.from(pairs.flat()), 2);
        const own = { values: rows.features, width: 2 };
        const sample = Int32Array.from({ length: rows.rowCount }, (_, i) => i);
        const tree = growTree(own, sample, 1, new Random(seed));
        t.same(
          [...sample].sort((a, b) => a - b),
          [...sample.keys()],
          'no row is lost',
        );
        const most = Math.ceil(Math.log2(rows.rowCount)) + meanDepth(rows.rowCount) + 1e-3;
        for (let row = 0; row < rows.rowCount; row += 1) {
          const depth = depthOf(tree, own, row);
          if (!(depth >= 0 && depth <= most)) return false;
        }
        const scores = await scoreRows(scorers, await modelOf(rows, seed, { trees: 3, rows: 16 }), rows);
        return scores.every((score) => score >= 0 && score < 1);
      },
    ),
    { numRuns: 60 },
  );
});

t.test('levels are the shares of deeper rows', async (t) => {
  const depths = Float64Array.from({ length: 1_000 }, (_, i) => 1_000 - i);
  const { edges, scores } = scoreLevels(depths);
  const scoreOf = (depth: number): number => scores[edges.filter((edge) => depth < edge).length]!;
  for (const [depth, wanted] of [
    [1_001, 0],
    [500, 0.5],
    [100.5, 0.9],
    [10, 0.99],
    [1, 0.999],
    [0, 0.999],
  ] as const)
    t.ok(Math.abs(scoreOf(depth) - wanted) < 0.0101, `${depth}: ${scoreOf(depth)}`);
  const same = scoreLevels(new Float64Array(50).fill(3));
  t.equal(same.edges.filter((edge) => 3 < edge).length, 0, 'rows that are all alike are no alerts');
});

t.test('parameters that cannot work are refused', async (t) => {
  for (const params of [{ trees: 0 }, { rows: 1 }, { trees: 1_000, rows: 1_000 }, { rows: 2.5 }])
    t.throws(() => isolationForest(params), { code: 'TOPOLOGY_INVALID' });
});
