// An ensemble as a trainer: its score is the mean of its members', and the mean of models that err apart is better than each.
import t from 'tap';
import { ensemble, external, gbdt, logistic, mlp, type Trainer } from '../../../../src/index.ts';
import trainer from '../../../../src/learning/trainers/ensemble/fit.ts';
import { meanModel } from '../../../../src/learning/mean-model.ts';
import { loadTrainer } from '../../../../src/learning/load-trainer.ts';
import { scoreRows } from '../../../../src/learning/score-rows.ts';
import type { FitRequest } from '../../../../src/index.ts';
import {
  features,
  makeExample,
  makeRequest,
  openScorers,
  params,
  run,
  runtime,
  task,
} from '../../examples.ts';

const scorers = await openScorers();
const set = makeExample(800, 4);
const fresh = makeExample(500, 5);
const members = [
  logistic(),
  gbdt({ rounds: 30 }),
  mlp({ ...params, hidden: [4], members: 2, steps: 40 }),
] as const;

function requestOf({ params: own }: Trainer, chosen?: unknown): FitRequest {
  const rows = { ...set, weights: new Float32Array(set.rowCount).fill(1) };
  const context = { task, features, params: own, champion: null, seed: 1, runtime };
  const signal = new AbortController().signal;
  return { ...context, rows, trainCount: 600, signal, ...(chosen === undefined ? {} : { chosen }) };
}

t.test('its score is the mean of those of its members, in one model', async (t) => {
  const joined = ensemble(members);
  const { model, summary, chosen } = await trainer.fit(
    requestOf(joined) as Parameters<typeof trainer.fit>[0],
  );
  const scores = await scoreRows(scorers, model, fresh);
  const apart: Float32Array[] = [];
  for (const member of members) {
    const fitted = await (await loadTrainer(member)).fit(requestOf(member));
    apart.push(await scoreRows(scorers, fitted.model, fresh));
  }
  for (const [row, score] of scores.entries()) {
    const mean = apart.reduce((sum, own) => sum + (own[row] ?? 0), 0) / apart.length;
    if (Math.abs(score - mean) > 1e-6) t.fail(`row ${row}: ${score} of ${mean}`);
  }
  t.match(summary, /^The mean of logistic \(A linear model .*\) and gbdt \(.*\) and mlp \(Started afresh/);
  const again = await trainer.fit(requestOf(joined, chosen) as Parameters<typeof trainer.fit>[0]);
  t.match(again.summary, /^The mean of /, 'what was chosen is repeated');
});

t.test('it competes, and the manifest has its members', async (t) => {
  const joined = ensemble([logistic(), gbdt({ rounds: 30 })]);
  const { trainer: made, why } = await run(makeRequest(set, { trainers: [joined] }));
  t.same(made, { name: 'ensemble', params: joined.params });
  t.match(why, /The mean of logistic .*, then fitted again on all rows/);
});

t.test('what cannot be joined is refused', async (t) => {
  for (const [given, problem] of [
    [[], /give two trainers at least/],
    [[mlp()], /give two trainers at least/],
    [[mlp(), 7], /7 is no trainer/],
    [[mlp(), external({ command: ['x'] })], /'external' cannot be a member/],
    [[mlp(), ensemble([mlp(), logistic()])], /'ensemble' cannot be a member/],
    [
      [mlp(), { ...logistic(), tasks: ['ranking'] }],
      /no task is one of all its members: mlp .*; logistic ranking/,
    ],
  ] as const)
    t.throws(() => ensemble(given as unknown as Trainer[]), { code: 'TOPOLOGY_INVALID', message: problem });
  const { model } = await (await loadTrainer(logistic())).fit(requestOf(logistic()));
  // A field that Millrace does not write: the file's domain.
  const other = Buffer.concat([model, Buffer.from([0x22, 1, 0x61])]);
  t.throws(() => meanModel([model, other]), { code: 'TRAINING_FAILED' });
});
