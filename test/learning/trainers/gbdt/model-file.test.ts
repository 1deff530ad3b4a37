import t from 'tap';
import type { TrainingRows } from '../../../../src/learning/trainer.ts';
import { binRows } from '../../../../src/learning/trainers/gbdt/bin-rows.ts';
import { boost, type Boosted } from '../../../../src/learning/trainers/gbdt/boost.ts';
import { logLoss } from '../../../../src/learning/trainers/gbdt/losses.ts';
import { buildModel } from '../../../../src/learning/trainers/gbdt/model-file.ts';
import { gbdtDefaults } from '../../../../src/learning/trainers/gbdt/params.ts';
import { scoreRows } from '../../../../src/learning/score-rows.ts';
import { Random } from '../../../../src/stats/random.ts';
import { features, makeExample, openScorers } from '../../examples.ts';

const scorers = await openScorers();
const signal = new AbortController().signal;
const width = features.length;

/** Rows with every kind of value: missing, infinite, between and on the edges, categories that are rare. */
function roughRows(): TrainingRows {
  const set = makeExample(3_000, 11);
  const random = new Random(12);
  const odd = [Number.NaN, Infinity, -Infinity, 0, -0, 1e-40, 3.4e38, -3.4e38];
  const rough = set.features.map((value, i) => {
    const draw = random.nextDouble();
    if (draw < 0.04) return odd[random.nextInt(odd.length)] as number;
    return i % width === 3 && draw < 0.06 ? 5_000 + i : value;
  });
  return { ...set, features: rough, weights: new Float32Array(set.rowCount).fill(1) };
}

/** What the trees in memory say of the rows, by their bins. */
function inMemory({ start, trees }: Boosted, binned: ReturnType<typeof binRows>['binned']): Float64Array {
  const scores = new Float64Array(binned.rowCount).fill(start[0]!);
  for (const [tree] of trees) tree!.addTo(scores, 0, binned, 0, binned.rowCount);
  return scores;
}

t.test('ONNX Runtime scores as the trees in memory do, row by row and in batches', async (t) => {
  const rows = roughRows();
  const trainCount = 2_000;
  const params = { ...gbdtDefaults, rounds: 120, patience: 120, leafRowsMin: 3 };
  const { binned, categories } = binRows(rows, trainCount, features, params, [(row) => rows.labels[row]!]);
  const boosted = await boost({
    binned,
    labelled: rows,
    trainCount,
    loss: logLoss,
    rules: params,
    seed: 1,
    signal,
  });
  const parts = { width, features: binned.features, categories, boosted: [boosted] };
  const sums = inMemory(boosted, binned);
  for (const link of [{ kind: 'clip', low: -Infinity, high: 1 }, { kind: 'sigmoid' }] as const) {
    const model = buildModel({ ...parts, link });
    const scores = await scoreRows(scorers, model, rows);
    const expected = sums.map((sum) => (link.kind === 'clip' ? Math.min(1, sum) : 1 / (1 + Math.exp(-sum))));
    const worst = scores.reduce((most, score, i) => Math.max(most, Math.abs(score - expected[i]!)), 0);
    t.ok(worst < 1e-6, `${link.kind}: ${worst}`);
    const scorer = await scorers.load('one by one', model, width);
    const one = new Float32Array(1);
    for (const row of [0, 1, 2, 700, 2_999]) {
      await scorer.run(rows.features.slice(row * width, (row + 1) * width), 1, one);
      t.equal(one[0], scores[row], 'the same bits alone as in a batch');
    }
    await scorer.close();
  }
});
