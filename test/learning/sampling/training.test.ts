// Trainings on drawn negatives and weighted classes: the probabilities are those of the stream.
import t from 'tap';
import {
  binary,
  defineTrainer,
  gbdt,
  logistic,
  mlp,
  multiclass,
  regression,
  atLeast,
} from '../../../src/index.ts';
import type { CandidateRequest } from '../../../src/learning/candidate.ts';
import { scoreRows } from '../../../src/learning/score-rows.ts';
import { samplingProblems } from '../../../src/learning/sampling/class-weights.ts';
import type { Sampling } from '../../../src/learning/sampling/sample-rows.ts';
import { taskFacts } from '../../../src/learning/task-calls.ts';
import { meanLogLoss } from '../../../src/stats/log-loss.ts';
import type { Task } from '../../../src/tasks/task.ts';
import { makeExample, makeRequest, openScorers, params, run, task } from '../examples.ts';

const scorers = await openScorers();
/** Positives are rare: 7 %. */
const set = makeExample(8_000, 1, 0, -3);
const fresh = makeExample(8_000, 2, 0, -3);
const mean = (values: Float32Array): number => values.reduce((sum, x) => sum + x, 0) / values.length;
const never = new AbortController().signal;

async function fitted(
  request: Partial<CandidateRequest>,
  judgedBy: Task = task,
): Promise<{ scores: Float32Array; why: string }> {
  const asked = makeRequest(set, { task: taskFacts(judgedBy), ...request });
  const { model, why } = await run(asked, never, judgedBy);
  return { scores: await scoreRows(scorers, model, fresh, judgedBy.output.classes?.length ?? 1), why };
}

const SAMPLINGS: ReadonlyArray<[string, Sampling]> = [
  ['five negatives for each positive', { negativesPerPositive: 5, classWeights: null }],
  ['balanced classes', { negativesPerPositive: null, classWeights: 'balanced' }],
  ['both', { negativesPerPositive: 5, classWeights: [1, 5] }],
];

for (const trainer of [mlp({ ...params, steps: 150 }), gbdt({ rounds: 60, leavesMax: 8 }), logistic()])
  t.test(`probabilities are those of the stream: ${trainer.name}`, async (t) => {
    const plain = await fitted({ trainers: [trainer], sampling: null });
    const base = mean(fresh.labels);
    t.ok(base > 0.04 && base < 0.1, `${base} are positive`);
    const best = meanLogLoss(plain.scores, fresh.labels);
    for (const [name, sampling] of SAMPLINGS) {
      const { scores, why } = await fitted({ trainers: [trainer], sampling });
      t.ok(Math.abs(mean(scores) - base) < 0.35 * base, `${name}: ${mean(scores)} of ${base}`);
      const loss = meanLogLoss(scores, fresh.labels);
      t.ok(loss < best + 0.01, `${name}: log loss ${loss}, of all rows ${best}`);
      if (sampling.negativesPerPositive !== null) t.match(why, /, on \d+ of \d+ rows, negatives drawn/);
    }
  });

const weightedShares = defineTrainer({
  name: 'weighted-shares',
  module: new URL('./weighted-shares.ts', import.meta.url),
  tasks: ['binary', 'multiclass'],
  defaults: {},
});

t.test('a constant of the weighted shares becomes the share of the stream', async (t) => {
  const share = (labels: Float32Array, k: number): number =>
    labels.filter((label) => label === k).length / labels.length;
  const gate = { share: 0.15, confidence: 0.9, tolerance: 1, refit: false };
  const trained = set.labels.subarray(0, set.rowCount * 0.85);
  for (const classWeights of ['balanced', [2, 0.25]] as const) {
    const sampling = { negativesPerPositive: null, classWeights };
    const { scores } = await fitted({ trainers: [weightedShares()], sampling, gate });
    t.ok(Math.abs((scores[0] ?? NaN) - share(trained, 1)) < 1e-6, `${scores[0]} of ${share(trained, 1)}`);
  }
  const kinds = multiclass({ column: 'label', classes: ['a', 'b', 'c'] });
  const labels = set.labels.map((label, row) => (row % 7 === 0 ? 2 : label));
  const { scores } = await fitted(
    {
      trainers: [weightedShares()],
      sampling: { negativesPerPositive: null, classWeights: 'balanced' },
      gate,
      trainingSet: { ...set, labels },
    },
    kinds,
  );
  for (const k of [0, 1, 2])
    t.ok(Math.abs((scores[k] ?? NaN) - share(labels.subarray(0, set.rowCount * 0.85), k)) < 1e-6);
});

t.test('settings that a task cannot have are refused', async (t) => {
  const problems = (judged: Task, settings: Partial<Parameters<typeof samplingProblems>[1]>): string =>
    samplingProblems(judged, { negativesPerPositive: null, classWeights: null, ...settings }).join('; ');
  const pair = binary({ column: 'label', positive: atLeast(1) });
  const kinds = multiclass({ column: 'label', classes: ['sedan', 'van'] });
  const value = regression({ column: 'label' });
  t.equal(problems(pair, { negativesPerPositive: 5, classWeights: { positive: 3 } }), '');
  t.equal(problems(kinds, { classWeights: { van: 3 } }), '');
  t.match(problems(pair, { classWeights: { positiv: 3 } }), /no class 'positiv'; did you mean 'positive'\?/);
  t.match(problems(kinds, { classWeights: { truck: 3 } }), /no class 'truck'.*sedan, van/);
  t.match(problems(kinds, { negativesPerPositive: 5 }), /task 'multiclass' has no negatives/);
  t.match(problems(value, { classWeights: 'balanced' }), /task 'regression' has no classes/);
  t.match(problems(value, { negativesPerPositive: 5 }), /task 'regression' has no negatives/);
});
