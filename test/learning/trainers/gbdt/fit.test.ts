import t from 'tap';
import { TrainingThreads } from '../../../../src/app/training/training-threads.ts';
import { gbdt, type GbdtParams } from '../../../../src/index.ts';
import { scoreRows } from '../../../../src/learning/score-rows.ts';
import { taskCalls } from '../../../../src/learning/task-calls.ts';
import fitter from '../../../../src/learning/trainers/gbdt/fit.ts';
import { gbdtDefaults } from '../../../../src/learning/trainers/gbdt/params.ts';
import type { Fit, FitRequest } from '../../../../src/learning/trainer.ts';
import type { Objective } from '../../../../src/tasks/task.ts';
import { auc } from '../../../../src/stats/auc.ts';
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

const never = new AbortController().signal;
const scorers = await openScorers();
const example = makeExample(4_000, 1);
const fresh = makeExample(5_000, 2);

function fit(
  set: Example,
  params: Partial<GbdtParams> = {},
  more: Partial<FitRequest<GbdtParams>> = {},
): Promise<Fit> {
  const { rowCount } = set;
  return fitter.fit({
    task: { name: 'binary', output: { low: 0, high: 1 } },
    features,
    params: { ...gbdtDefaults, learningRate: 0.15, patience: 15, ...params },
    champion: null,
    rows: { ...set, weights: new Float32Array(rowCount).fill(1) },
    trainCount: Math.floor(rowCount * 0.8),
    seed: 1,
    runtime,
    signal: never,
    ...more,
  });
}

/** By the bytes: a comparison of arrays by tap takes minutes. */
function equal(a: Pick<Fit, 'model'>, b: Pick<Fit, 'model'>): boolean {
  return Buffer.from(a.model).equals(b.model);
}

/** Log loss on new rows, above that of the true probabilities. */
async function excess({ model }: Fit): Promise<number> {
  const scores = await scoreRows(scorers, model, fresh);
  return meanLogLoss(scores, fresh.labels) - meanLogLoss(fresh.truth, fresh.labels);
}

t.test('in a training it is compared, promoted and fitted again, in a thread as here', async (t) => {
  const candidate = await run(makeRequest(example, { trainers: [gbdt({ learningRate: 0.15 })] }));
  t.equal(candidate.verdict, 'promote', candidate.why);
  t.match(candidate.why, /Boosted \d+ of 1000 rounds, then fitted again on all rows/);
  const scores = await scoreRows(scorers, candidate.model, fresh);
  t.ok(auc(scores, fresh.labels) > auc(fresh.truth, fresh.labels) - 0.03);
  const threads = new TrainingThreads();
  const request = makeRequest(makeExample(4_000, 1), { trainers: [gbdt({ learningRate: 0.15 })] });
  const other = await threads.run(request, taskCalls(task), never);
  t.ok(equal(other, candidate));
  t.equal(other.why, candidate.why);
  await threads.close();
});

t.test('the same request gives the same bytes; another seed others, if it samples', async (t) => {
  const small = makeExample(1_000, 3);
  const sampled = { rowShare: 0.7, featureShare: 0.5, rounds: 40 };
  const [once, twice, other] = [
    await fit(small, sampled),
    await fit(small, sampled),
    await fit(small, sampled, { seed: 2 }),
  ];
  t.ok(equal(twice, once));
  t.notOk(equal(other, once));
  const whole = { rowShare: 1, featureShare: 1, rounds: 40 };
  t.ok(equal(await fit(small, whole, { seed: 2 }), await fit(small, whole)));
});

t.test('validation chooses the rounds, and a refit repeats them', async (t) => {
  const first = await fit(example, { learningRate: 0.3, patience: 10 });
  const [rounds = 0] = (first.chosen as { rounds: number[] }).rounds;
  t.ok(rounds > 1 && rounds < 100, `${rounds} rounds`);
  const again = await fit(
    example,
    { learningRate: 0.3 },
    { trainCount: example.rowCount, chosen: first.chosen },
  );
  t.match(again.summary, `Boosted ${rounds} of ${rounds} rounds`);
  t.ok((await excess(first)) < 0.04);
  t.ok((await excess(again)) < 0.04);
});

t.test('categories, missing values and nonlinear effects are learnt; each counts', async (t) => {
  t.ok((await excess(await fit(example))) < 0.035);
  t.ok((await excess(await fit(example, { depthMax: 1 }))) < 0.025, 'effects are additive');
  const without = {
    ...example,
    features: example.features.map((value, i) => (i % 5 === 3 ? Number.NaN : value)),
  };
  t.ok((await excess(await fit(without))) > 0.05);
});

t.test('labels of one kind, constant features and rows without a validation give a model', async (t) => {
  const ones = { ...example, labels: new Float32Array(example.rowCount).fill(1) };
  const constant = { ...example, features: new Float32Array(example.features.length).fill(3) };
  const missing = { ...example, features: new Float32Array(example.features.length).fill(Number.NaN) };
  for (const set of [ones, constant, missing]) {
    const scores = await scoreRows(scorers, (await fit(set)).model, set);
    const mean = set.labels.subarray(0, 3_200).reduce((sum, label) => sum + label, 0) / 3_200;
    t.ok(scores.every((score) => Math.abs(score - mean) < 1e-3));
  }
  const few = makeExample(40, 5);
  t.match((await fit(few, {}, { trainCount: 40 })).summary, /of 27 rounds/);
});

t.test('rows count by their weights, whatever the scale of these', async (t) => {
  const weights = Float32Array.from({ length: example.rowCount }, (_, i) => (i % 2 === 0 ? 3e-6 : 1e-6));
  const doubled = weights.map((weight) => weight * 4_096);
  const weighted = { rows: { ...example, weights } };
  const once = await fit(example, { rounds: 30 }, weighted);
  const scaled = await fit(example, { rounds: 30 }, { rows: { ...example, weights: doubled } });
  t.ok(equal(scaled, once));
  t.notOk(equal(await fit(example, { rounds: 30 }), once));
  // Labels of light rows are wrong: the heavy ones decide.
  const labels = example.labels.map((label, i) => (i % 2 === 0 ? label : 1 - label));
  const heavy = Float32Array.from({ length: example.rowCount }, (_, i) => (i % 2 === 0 ? 1 : 0.01));
  const model = await fit(
    example,
    { rounds: 60 },
    { rows: { ...example, labels, weights: heavy }, trainCount: 4_000 },
  );
  t.ok((await excess(model)) < 0.05);
});

t.test('a regression has values of the unit of its labels, within the bounds of the task', async (t) => {
  const clean = example.labels.map((label, i) => 600 + 40 * label + 3 * example.features[i * 5]!);
  // One label in a hundred is far off.
  const labels = clean.map((label, i) => (i % 100 === 7 ? 9_000 : label));
  const expected = fresh.truth.map((truth, i) =>
    Math.min(630, 600 + 40 * truth + 3 * fresh.features[i * 5]!),
  );
  const rows = { ...example, weights: new Float32Array(example.rowCount).fill(1) };
  const errorOf = async (from: Float32Array, objective: Objective): Promise<number> => {
    const task = { name: 'regression', output: { low: 0, high: 630 }, objective };
    const { model } = await fit(example, {}, { task, rows: { ...rows, labels: from } });
    const scores = await scoreRows(scorers, model, fresh);
    t.ok(scores.every((score) => score <= 630));
    return Math.sqrt(scores.reduce((sum, score, i) => sum + (score - expected[i]!) ** 2, 0) / scores.length);
  };
  t.ok((await errorOf(clean, { kind: 'squared' })) < 6);
  t.ok((await errorOf(labels, { kind: 'huber', delta: 20 })) < 6);
  t.ok((await errorOf(labels, { kind: 'squared' })) > 10);
});

t.test('classes have probabilities that add up to 1, and categories are ordered by each class', async (t) => {
  // The class is drawn by the kind, and by whether the slope is high.
  const chancesOf = (set: Example, row: number): number[] => {
    const odds = [1, 1, 1].map((base, k) => base + (set.features[row * 5 + 3]! % 3 === k ? 6 : 0));
    if (set.features[row * 5]! > 0.3) odds[2] = odds[2]! + 8;
    const sum = odds.reduce((all, each) => all + each, 0);
    return odds.map((each) => each / sum);
  };
  const labelled = (set: Example): Float32Array =>
    set.labels.map((_, row) => {
      const draw = (row * 0.618_033_988_75) % 1;
      const [first = 0, second = 0] = chancesOf(set, row);
      return draw < first ? 0 : draw < first + second ? 1 : 2;
    });
  const labels = labelled(example);
  const task = {
    name: 'multiclass',
    output: { low: 0, high: 1 },
    objective: { kind: 'cross-entropy', classes: 3 },
  } as const;
  const rows = { ...example, labels, weights: new Float32Array(example.rowCount).fill(1) };
  const { model } = await fit(example, {}, { task, rows });
  const scores = await scoreRows(scorers, model, fresh, 3);
  let worst = 0;
  let gap = 0;
  for (let row = 0; row < fresh.rowCount; row += 1) {
    const own = scores.subarray(row * 3, row * 3 + 3);
    worst = Math.max(worst, Math.abs(own.reduce((sum, each) => sum + each, 0) - 1));
    const truth = chancesOf(fresh, row);
    gap += truth.reduce((sum, chance, k) => sum + chance * Math.log(chance / own[k]!), 0);
  }
  t.ok(worst < 1e-5);
  t.ok(gap / fresh.rowCount < 0.07, `a divergence of ${gap / fresh.rowCount}`);
});

t.test('a monotone feature moves the score one way only', async (t) => {
  const { model } = await fit(example, { monotone: { slope: 'rising' } });
  const width = features.length;
  const probe = new Float32Array(200 * width);
  for (let row = 0; row < 200; row += 1) {
    const base = Math.floor(row / 20);
    probe.set(fresh.features.subarray(base * width, (base + 1) * width), row * width);
    probe[row * width] = ((row % 20) - 10) / 8;
  }
  const scores = await scoreRows(scorers, model, { features: probe, rowCount: 200, width });
  t.ok(scores.every((score, i) => i % 20 === 0 || score >= scores[i - 1]!));
  const falls = { monotone: { slop: 'rising' } } as const;
  await t.rejects(fit(example, falls), {
    code: 'TRAINING_FAILED',
    message: /monotone names 'slop', which is no feature/,
  });
  await t.rejects(fit(example, { monotone: { kind: 'falling' } }), {
    message: /'kind', which is categorical/,
  });
});

t.test('parameters that cannot work are refused, and an abort ends a fit', async (t) => {
  const bad = {
    rounds: 0,
    rowShare: 2,
    binsMax: 256,
    l2: -1,
    leavesMax: 1,
    depthMax: 0,
    monotone: { a: 'up' },
  };
  // The compiler refuses 'up': a topology may be JavaScript.
  t.throws(() => gbdt(bad as unknown as Partial<GbdtParams>), {
    code: 'TOPOLOGY_INVALID',
    message:
      /rounds is 0.*rowShare is 2.*l2 is -1.*leavesMax is 1.*depthMax is 0.*binsMax is 256.*monotone of 'a' is 'up'/,
  });
  const abort = new AbortController();
  const aborted = fit(example, { patience: 1_000 }, { signal: abort.signal });
  setTimeout(() => abort.abort(), 20);
  await t.rejects(aborted, { code: 'TRAINING_FAILED' });
});
