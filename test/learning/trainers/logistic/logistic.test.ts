// Logistic regression as a trainer: what it learns, that its model is what was fitted, and what it refuses.
import t from 'tap';
import {
  logistic,
  multiclass,
  regression,
  type FitRequest,
  type LogisticParams,
} from '../../../../src/index.ts';
import trainer from '../../../../src/learning/trainers/logistic/fit.ts';
import { logisticDefaults } from '../../../../src/learning/trainers/logistic/params.ts';
import { scoreRows } from '../../../../src/learning/score-rows.ts';
import { meanLogLoss } from '../../../../src/stats/log-loss.ts';
import { Random } from '../../../../src/stats/random.ts';
import { sliceFigures } from '../../../../src/tasks/figures.ts';
import { invalidRows } from '../../../../src/tasks/outputs.ts';
import {
  features,
  makeExample,
  makeRequest,
  openScorers,
  run,
  runtime,
  task,
  type Example,
} from '../../examples.ts';

const scorers = await openScorers();
const set = makeExample(4_000, 1);
const fresh = makeExample(4_000, 2);

const kinds = multiclass({ column: 'label', classes: ['low', 'middle', 'high'] });

/** Classes by a level that is linear in the encoded features, with noise of the logistic distribution. */
function threeClasses(rowCount: number, seed: number): Example {
  const set = makeExample(rowCount, seed);
  const random = new Random(seed + 100);
  for (let row = 0; row < rowCount; row += 1) {
    const [slope, , , kind] = set.features.subarray(row * 5, row * 5 + 5);
    const draw = random.nextDouble();
    const level = 3 * (slope ?? 0) + (((kind ?? 0) * 5) % 12) / 3 - 2 + Math.log(draw / (1 - draw)) / 2;
    set.labels[row] = Number(level > -1) + Number(level > 1);
  }
  return set;
}

function requestOf(
  { rowCount, ...rows }: Example,
  more: Partial<FitRequest<LogisticParams>> = {},
): FitRequest<LogisticParams> {
  return {
    task,
    features,
    params: logisticDefaults,
    champion: null,
    rows: { rowCount, ...rows, weights: new Float32Array(rowCount).fill(1) },
    trainCount: (rowCount * 3) / 4,
    seed: 1,
    runtime,
    signal: new AbortController().signal,
    ...more,
  };
}

t.test('it is calibrated on rows that it has not seen, and close to what is linear in them', async (t) => {
  const { model, summary } = await trainer.fit(requestOf(set));
  const scores = await scoreRows(scorers, model, fresh);
  const mean = (values: Float32Array): number => values.reduce((sum, x) => sum + x, 0) / values.length;
  t.ok(Math.abs(mean(scores) - mean(fresh.labels)) < 0.03);
  const base = new Float32Array(fresh.rowCount).fill(mean(set.labels));
  t.ok(meanLogLoss(scores, fresh.labels) < meanLogLoss(base, fresh.labels) - 0.1);
  t.match(
    summary,
    /^A linear model with an L2 penalty of [\d.]+, \d+ iterations, wrong labels of [\d.]+ % of one class/,
  );
});

/** Labels that are linear in the features, of which a share is then turned round. */
function flippedLabels(rowCount: number, seed: number, share: number): Example {
  const set = makeExample(rowCount, seed);
  const random = new Random(seed + 200);
  for (let row = 0; row < rowCount; row += 1) {
    const [slope, , , kind] = set.features.subarray(row * 5, row * 5 + 5);
    const odds = 6 * (slope ?? 0) + 2 * (((kind ?? 0) * 5) % 12) - 11;
    const chance = 1 / (1 + Math.exp(-odds));
    set.truth[row] = share + (1 - 2 * share) * chance;
    set.labels[row] = Number(random.nextDouble() < (set.truth[row] as number));
  }
  return set;
}

t.test(
  'wrong labels cost little where there are some, and nearly nothing where there are none',
  async (t) => {
    for (const share of [0, 0.05, 0.15])
      for (const seed of [1, 2, 3]) {
        const [set, later] = [flippedLabels(2_000, seed, share), flippedLabels(8_000, seed + 10, share)];
        const given = logisticDefaults;
        const lossOf = async (l2: number | null): Promise<number> => {
          const { model, summary } = await trainer.fit(requestOf(set, { params: { ...given, l2 } }));
          if (l2 !== null)
            t.notMatch(summary, /wrong labels/, 'a penalty that is given is all that is fitted');
          return meanLogLoss(await scoreRows(scorers, model, later), later.labels);
        };
        const loss = await lossOf(null);
        const right = Math.min(await lossOf(0.1), await lossOf(1), await lossOf(10));
        const truth = meanLogLoss(later.truth, later.labels);
        t.ok(loss < truth + 0.012, `${share}, seed ${seed}: ${loss} of ${truth}`);
        if (share === 0) t.ok(loss < right + 0.005, `seed ${seed}: ${loss} for ${right}`);
        else t.ok(loss < right - 0.01, `${share}, seed ${seed}: ${loss} for ${right}`);
      }
  },
);

for (const outputs of [1, 3])
  t.test(`scores do not depend on the batch that the row comes in, ${outputs} outputs`, async (t) => {
    const set = outputs === 1 ? makeExample(800, 3) : threeClasses(800, 3);
    const more = outputs === 1 ? {} : { task: kinds };
    const { model } = await trainer.fit(requestOf(set, { ...more, params: { ...logisticDefaults, l2: 1 } }));
    const scorer = await scorers.load('batches', model, features.length, outputs);
    t.teardown(() => scorer.close());
    const rows = 67;
    const whole = new Float32Array(rows * outputs);
    await scorer.run(fresh.features.subarray(0, rows * 5), rows, whole);
    for (const size of [1, 2, 3, 7, 16, 33]) {
      const parts = new Float32Array(rows * outputs);
      for (let from = 0; from < rows; from += size) {
        const to = Math.min(rows, from + size);
        const into = parts.subarray(from * outputs, to * outputs);
        await scorer.run(fresh.features.subarray(from * 5, to * 5), to - from, into);
      }
      t.same(parts, whole, `batches of ${size}`);
    }
  });

t.test('probabilities of classes are those of rows that it has not seen', async (t) => {
  const [set, later] = [threeClasses(4_000, 1), threeClasses(4_000, 2)];
  const { model, chosen } = await trainer.fit(requestOf(set, { task: kinds }));
  const outputs = await scoreRows(scorers, model, later, 3);
  t.equal(invalidRows(kinds.output, outputs), 0);
  const { logLoss, accuracy } = sliceFigures(kinds, outputs, later.labels);
  // Of the truth: 0.484 and 0.786.
  t.ok((logLoss ?? NaN) < 0.5 && (accuracy ?? NaN) > 0.77, `log loss ${logLoss}, accuracy ${accuracy}`);
  t.same((await trainer.fit(requestOf(set, { task: kinds, chosen }))).model.length, model.length);
});

t.test('a class without rows has a small probability, and is no error', async (t) => {
  const set = threeClasses(900, 1);
  for (const [row, label] of set.labels.entries()) set.labels[row] = Math.min(1, label);
  const { model } = await trainer.fit(
    requestOf(set, { task: kinds, params: { ...logisticDefaults, l2: 1 } }),
  );
  const outputs = await scoreRows(scorers, model, fresh, 3);
  t.equal(invalidRows(kinds.output, outputs), 0);
  t.ok(outputs.every((output, i) => i % 3 < 2 || output < 0.01));
});

t.test("labels that are far off move a regression less with Huber's loss", async (t) => {
  const labels = set.truth.map((chance, row) => (row % 20 === 0 ? 1_000 : 10 * chance));
  const fitted = async (loss: 'squared' | { huber: number }): Promise<number> => {
    const regressionTask = regression({ column: 'label', loss });
    const { model } = await trainer.fit(requestOf({ ...set, labels }, { task: regressionTask }));
    const scores = await scoreRows(scorers, model, fresh);
    return (
      scores.reduce((sum, score, i) => sum + Math.abs(score - 10 * (fresh.truth[i] ?? 0)), 0) / fresh.rowCount
    );
  };
  const [squared, huber] = [await fitted('squared'), await fitted({ huber: 1 })];
  t.ok(squared > 30 && huber < 2, `mean error ${squared} and ${huber}`);
});

t.test('the same rows give the same bytes, as the refit of what was chosen does', async (t) => {
  const first = await trainer.fit(requestOf(set));
  t.same((await trainer.fit(requestOf(set, { seed: 7 }))).model, first.model, 'nothing is random');
  const again = await trainer.fit(requestOf(set, { chosen: first.chosen }));
  t.same(again.chosen, first.chosen);
});

t.test('scale of weights and unit of labels change nothing', async (t) => {
  const params = { ...logisticDefaults, l2: 5 };
  const request = requestOf(set, { params });
  const plain = await scoreRows(scorers, (await trainer.fit(request)).model, fresh);
  const heavy = { ...request.rows, weights: new Float32Array(set.rowCount).fill(250) };
  const scaled = await scoreRows(scorers, (await trainer.fit({ ...request, rows: heavy })).model, fresh);
  t.ok(plain.every((score, i) => Math.abs(score - (scaled[i] ?? 0)) < 1e-6));
  const regression = { name: 'regression', output: { low: -Infinity, high: Infinity } };
  const values = set.truth.map((chance) => 40_000 * chance - 7_000);
  const fitted = async (labels: Float32Array): Promise<Float32Array> => {
    const rows = { ...request.rows, labels };
    return scoreRows(scorers, (await trainer.fit({ ...request, task: regression, rows })).model, fresh);
  };
  const [inUnit, without] = [await fitted(values), await fitted(set.truth)];
  t.ok(inUnit.every((value, i) => Math.abs(value - (40_000 * (without[i] ?? 0) - 7_000)) < 0.5));
});

t.test('values of a task with bounds stay within them', async (t) => {
  const bounded = { name: 'regression', output: { low: 0.4, high: 0.6 } };
  const { model } = await trainer.fit(requestOf({ ...set, labels: set.truth }, { task: bounded }));
  const scores = await scoreRows(scorers, model, fresh);
  t.ok(scores.every((score) => score >= Math.fround(0.4) && score <= Math.fround(0.6)));
});

t.test('it wins where the truth is linear, and the manifest says so', async (t) => {
  const { trainer: made, verdict, why } = await run(makeRequest(set, { trainers: [logistic()] }));
  t.equal(verdict, 'promote', why);
  t.same(made, { name: 'logistic', params: logisticDefaults });
});

t.test('an abort ends a fit', async (t) => {
  await t.rejects(trainer.fit(requestOf(set, { signal: AbortSignal.abort() })), { code: 'TRAINING_FAILED' });
});

t.test('parameters that cannot work', async (t) => {
  for (const [params, problem] of [
    [{ l2: 0 }, /l2 is 0, not null or above 0/],
    [{ l2: '1' }, /'l2' is of kind string|l2 is 1/],
    [{ categoryCountMin: 0 }, /categoryCountMin is 0/],
    [{ clipDeviations: -1 }, /clipDeviations is -1/],
    [{ missingShareMin: 1 }, /missingShareMin is 1/],
    [{ penalty: 1 }, /no parameter 'penalty'/],
  ] as const)
    t.throws(() => logistic(params as Partial<LogisticParams>), { message: problem });
});
