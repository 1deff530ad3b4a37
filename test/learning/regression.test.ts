// A training of a regression: the network learns values in any unit, and is compared with the mean.
import t from 'tap';
import { regression } from '../../src/index.ts';
import type { Candidate } from '../../src/learning/candidate.ts';
import { scoreRows } from '../../src/learning/score-rows.ts';
import { taskFacts } from '../../src/learning/task-calls.ts';
import { readModel } from '../../src/learning/trainers/mlp/model-file.ts';
import { RegressionQuality } from '../../src/stats/regression-quality.ts';
import { logOdds, makeExample, makeRequest, openScorers, run, type Example } from './examples.ts';
import type { CandidateRequest } from '../../src/learning/candidate.ts';
import type { RegressionOptions } from '../../src/tasks/regression.ts';

const never = new AbortController().signal;
const scorers = await openScorers();

/** Rows whose label is a known function of the features, in a unit and with an offset. */
function values(rowCount: number, seed: number, unit: number, mean: number, fromMs = 0): Example {
  const set = makeExample(rowCount, seed, fromMs);
  for (let i = 0; i < rowCount; i += 1) {
    const [slope, , sometimes, kind] = set.features.subarray(i * 5, i * 5 + 5);
    const noise = set.features[i * 5 + 4]! - 0.5;
    set.labels[i] = mean + unit * (logOdds(slope!, sometimes!, kind! - 1_000) + noise);
  }
  return set;
}

function train(
  set: Example,
  options: Partial<RegressionOptions> = {},
  more: Partial<CandidateRequest> = {},
): Promise<Candidate> {
  const task = regression({ column: 'label', ...options });
  const { gate, ...request } = makeRequest(set, { task: taskFacts(task), ...more });
  return run({ ...request, gate: { ...gate, tolerance: { share: 0.01 } } }, never, task);
}

async function r2Of(model: Uint8Array, set: Example): Promise<number> {
  const quality = new RegressionQuality();
  const scores = await scoreRows(scorers, model, set);
  for (const [i, score] of scores.entries()) quality.add(score, set.labels[i]!);
  return quality.metrics().r2;
}

t.test('values are learned in any unit, by the squared error and by Huber', async (t) => {
  for (const [unit, mean, loss] of [
    [1, 0, undefined],
    [5_000, 1e6, undefined],
    [1e-6, 0, { huber: 1e-6 }],
  ] as const) {
    const candidate = await train(values(2_000, 1, unit, mean), loss === undefined ? {} : { loss });
    t.equal(candidate.verdict, 'promote', candidate.why);
    t.match(candidate.why, /of the mean on \d+ newest rows/);
    const reached = await r2Of(candidate.model, values(2_000, 2, unit, mean));
    t.ok(reached > 0.8, `unit ${unit}: R² ${reached}`);
    t.equal(candidate.reference.rowCount, 2_000);
    t.ok(candidate.metrics.candidate['r2']! > 0.75, candidate.why);
  }
});

t.test('training continues from the champion in its unit', async (t) => {
  const first = await train(values(2_000, 1, 60, 644));
  const champion = { version: 'v1', model: first.model, newestRowMs: first.newestRowMs, trainer: null };
  const later = values(1_200, 3, 60, 700, 2_000 * 60_000);
  const next = await train(later, {}, { version: 'v2', champion });
  t.equal(next.verdict, 'promote', next.why);
  t.match(next.why, /from the champion/);
  t.match(next.why, /squared error [\d.]+ against [\d.]+ of the champion v1/);
  t.ok(readModel(next.model)?.target !== null);
});

t.test('equal labels cannot be trained on', async (t) => {
  const set = values(1_000, 1, 0, 5);
  await t.rejects(train(set), { code: 'TRAINING_SET_TOO_SMALL', message: /all labels are equal/ });
});
