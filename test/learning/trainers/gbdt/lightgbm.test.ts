import { readFileSync } from 'node:fs';
import t from 'tap';
import { binRows } from '../../../../src/learning/trainers/gbdt/bin-rows.ts';
import { boost } from '../../../../src/learning/trainers/gbdt/boost.ts';
import { errorLoss, logLoss } from '../../../../src/learning/trainers/gbdt/losses.ts';
import { gbdtDefaults } from '../../../../src/learning/trainers/gbdt/params.ts';

interface Vectors {
  readonly rounds: number;
  readonly width: number;
  readonly features: ReadonlyArray<number | null>;
  readonly weights: readonly number[];
  readonly cases: ReadonlyArray<{
    readonly task: 'binary' | 'regression';
    readonly labels: readonly number[];
    readonly scores: readonly number[];
  }>;
}

const file = new URL('../../../vectors/gbdt.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors;

t.test('with the same parameters the trees are those of LightGBM', async (t) => {
  const { width, rounds } = vectors;
  const rowCount = vectors.weights.length;
  const features = Float32Array.from(vectors.features, (value) => value ?? Number.NaN);
  const specs = Array.from({ length: width }, (_, i) => ({ name: `f${i}`, kind: 'numeric' }) as const);
  const rules = {
    ...gbdtDefaults,
    rounds,
    learningRate: 0.1,
    leavesMax: 6,
    leafRowsMin: 1,
    leafWeightMin: 3,
    rowShare: 1,
    featureShare: 1,
  };
  for (const { task, labels, scores } of vectors.cases) {
    const rows = {
      rowCount,
      width,
      features,
      labels: Float32Array.from(labels),
      weights: Float32Array.from(vectors.weights),
      eventTimeMs: new Float64Array(rowCount),
    };
    const { binned } = binRows(rows, rowCount, specs, rules, []);
    const boosted = await boost({
      binned,
      labelled: rows,
      trainCount: rowCount,
      loss: task === 'binary' ? logLoss : errorLoss(Infinity),
      rules,
      seed: 1,
      signal: new AbortController().signal,
    });
    const own = new Float64Array(rowCount).fill(boosted.start[0]!);
    for (const [tree] of boosted.trees) tree!.addTo(own, 0, binned, 0, rowCount);
    const worst = own.reduce(
      (most, score, i) => Math.max(most, Math.abs(score - scores[i]!) / Math.max(1, Math.abs(scores[i]!))),
      0,
    );
    t.ok(worst < 1e-5, `${task}: relative difference ${worst}`);
  }
});
