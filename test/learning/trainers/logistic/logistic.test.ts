// Logistic regression as a trainer: what it learns, that its model is what was fitted, and what it refuses.
import t from 'tap';
import { logistic, type FitRequest, type LogisticParams } from '../../../../src/index.ts';
import trainer from '../../../../src/learning/trainers/logistic/fit.ts';
import { logisticDefaults } from '../../../../src/learning/trainers/logistic/params.ts';
import { scoreRows } from '../../../../src/learning/score-rows.ts';
import { meanLogLoss } from '../../../../src/stats/log-loss.ts';
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
  t.match(summary, /^A linear model with an L2 penalty of [\d.]+, \d+ iterations$/);
});

t.test('a score does not depend on the batch that the row comes in', async (t) => {
  const { model } = await trainer.fit(
    requestOf(makeExample(800, 3), { params: { ...logisticDefaults, l2: 1 } }),
  );
  const scorer = await scorers.load('batches', model, features.length);
  t.teardown(() => scorer.close());
  const rows = 67;
  const whole = new Float32Array(rows);
  await scorer.run(fresh.features.subarray(0, rows * 5), rows, whole);
  for (const size of [1, 2, 3, 7, 16, 33]) {
    const parts = new Float32Array(rows);
    for (let from = 0; from < rows; from += size) {
      const to = Math.min(rows, from + size);
      await scorer.run(fresh.features.subarray(from * 5, to * 5), to - from, parts.subarray(from, to));
    }
    t.same(parts, whole, `batches of ${size}`);
  }
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
