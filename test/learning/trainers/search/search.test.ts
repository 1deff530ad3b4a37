// A search over trainers: it finds the best one, remembers it, and what fails loses.
import t from 'tap';
import {
  days,
  defineTrainer,
  ensemble,
  external,
  gbdt,
  logistic,
  mlp,
  multiclass,
  regression,
  search,
  type FitRequest,
  type Trainer,
} from '../../../../src/index.ts';
import module from '../../../../src/learning/trainers/search/fit.ts';
import type { SearchParams } from '../../../../src/learning/trainers/search/params.ts';
import { rowLosses } from '../../../../src/tasks/figures.ts';
import { scoreRows } from '../../../../src/learning/score-rows.ts';
import { features, makeExample, makeRequest, openScorers, run, runtime, task } from '../../examples.ts';

const scorers = await openScorers();
const set = makeExample(3_000, 1);
const always = defineTrainer<{ score: number }>({
  name: 'always',
  module: new URL('../../always-alerts.ts', import.meta.url),
  tasks: ['binary', 'regression'],
  defaults: { score: 0.5 },
});
const absent = defineTrainer({
  name: 'absent',
  module: new URL('./no-such-trainer.ts', import.meta.url),
  tasks: ['binary'],
  defaults: {},
});
const weak = logistic({ l2: 30_000 });
const good = logistic({ l2: 1 });
const several = [always(), weak, good, absent(), always({ score: 0.6 })];

function requestOf(trainer: Trainer, more: Partial<FitRequest<SearchParams>> = {}): FitRequest<SearchParams> {
  return {
    task,
    features,
    params: trainer.params as SearchParams, // as search() makes it
    champion: null,
    rows: { ...set, weights: new Float32Array(set.rowCount).fill(1) },
    trainCount: 2_600,
    seed: 1,
    runtime,
    signal: new AbortController().signal,
    ...more,
  };
}

function championOf(params: object | undefined): FitRequest<SearchParams>['champion'] {
  return { version: 'v1', model: new Uint8Array(), trainer: { name: 'search', params: params ?? {} } };
}

t.test('the best trainer is found, by rounds, and those that fail lose', async (t) => {
  const { summary, log, chosen, params } = await module.fit(requestOf(search({ trainers: several })));
  t.match(
    summary,
    /^logistic \{"l2":1\}, found by 7 trials of 5 trainers at a loss of 0\.\d+: A linear model/,
  );
  t.match(chosen, { found: { index: 2, atMs: set.eventTimeMs[2_999] } });
  t.match(params, { found: { index: 2 }, keepOneIn: 3 });
  const lines = (log ?? '').split('\n');
  t.equal(lines.length, 7);
  t.match(lines[0], /^round 1, 1500 rows, always \{"score":0\.5\}: loss 0\.69315$/);
  t.match(lines[3], /^round 1, 1500 rows, absent: failed: the trainer's module cannot be loaded/);
  t.match(lines[6], /^round 2, 3000 rows, logistic/);
});

t.test('the same rows find the same, and the refit repeats it on all rows', async (t) => {
  const request = requestOf(search({ trainers: several }));
  const first = await module.fit(request);
  const again = await module.fit(request);
  t.same([again.model, again.summary, again.log], [first.model, first.summary, first.log]);
  const refit = await module.fit({ ...request, trainCount: 3_000, chosen: first.chosen });
  t.match(refit.summary, /^logistic \{"l2":1\}, found on 1970-01-03: /);
  t.notMatch(refit.log ?? '', /round/);
});

t.test('what was found serves until it is time to search again', async (t) => {
  const trainer = search({ trainers: several, everyMs: days(1) });
  const found = (index: number, atMs: number): object => ({ ...trainer.params, found: { index, atMs } });
  const newest = set.eventTimeMs[2_999] ?? 0;
  const summaryOf = async (champion: FitRequest<SearchParams>['champion']): Promise<string> =>
    (await module.fit(requestOf(trainer, { champion }))).summary;
  t.match(
    await summaryOf(championOf(found(1, newest - days(1) + 1))),
    /^logistic \{"l2":30000\}, found on 1970/,
  );
  t.match(await summaryOf(championOf(found(1, newest - days(1)))), /found by 7 trials/);
  const others = { ...trainer.params, trainers: [], found: { index: 1, atMs: newest } };
  t.match(await summaryOf(championOf(others)), /found by 7 trials/, 'of other trainers');
  const moved = several.map(({ name, params }) => ({ name, params, module: 'file:///elsewhere' }));
  t.match(
    await summaryOf(championOf({ trainers: moved, found: { index: 1, atMs: newest } })),
    /found on 1970/,
  );
  const foreign = {
    version: 'v1',
    model: new Uint8Array(),
    trainer: { name: 'mlp', params: found(1, newest) },
  };
  t.match(await summaryOf(foreign), /found by 7 trials/);
});

t.test('after its time no fit begins, and the best so far is taken', async (t) => {
  const { summary } = await module.fit(requestOf(search({ trainers: several, timeoutMs: 0.001 })));
  t.match(summary, /^always \{"score":0\.5\}, found by 0 trials of 5 trainers: /);
});

t.test(
  'if every trial fails, the first trainer is fitted to all rows, and says why it cannot be',
  async (t) => {
    const trainer = search({ trainers: [absent(), { ...absent(), params: { seed: 2 } }] });
    await t.rejects(module.fit(requestOf(trainer)), { code: 'TRAINING_FAILED', message: /cannot be loaded/ });
  },
);

t.test('an abort ends a search', async (t) => {
  const request = requestOf(search({ trainers: several }), { signal: AbortSignal.abort() });
  await t.rejects(module.fit(request), { code: 'TRAINING_FAILED' });
});

t.test('values and classes are compared by their own losses', async (t) => {
  const values = requestOf(search({ trainers: [always({ score: 50 }), always({ score: 5 }), good] }), {
    task: regression({ column: 'label' }),
    rows: {
      ...set,
      labels: set.truth.map((chance) => 10 * chance),
      weights: new Float32Array(3_000).fill(1),
    },
  });
  t.match((await module.fit(values)).summary, /^logistic/);
  const kinds = multiclass({ column: 'label', classes: ['a', 'b'] });
  const classes = requestOf(search({ trainers: [weak, good] }), { task: kinds });
  t.match((await module.fit(classes)).summary, /^logistic \{"l2":1\}/);
});

t.test(
  'quantiles are compared by their pinball losses, by those of the default trainers that know them',
  async (t) => {
    // The label is the value, give or take what its category spreads it.
    const rows = {
      ...set,
      weights: new Float32Array(3_000).fill(1),
      labels: set.truth.map((chance) => 10 * chance),
    };
    const quantiles = regression({ column: 'label', quantiles: [0.1, 0.5, 0.9] });
    const short = gbdt({ rounds: 1 });
    const trees = search({ trainers: [short, gbdt({ rounds: 100, learningRate: 0.1 })] });
    const found = await module.fit(requestOf(trees, { task: quantiles, rows }));
    t.match(found.summary, /^gbdt \{"rounds":100,"learningRate":0\.1\}, found by 2 trials of 2 trainers/);
    const loss = Number(/at a loss of ([\d.]+)/.exec(found.summary)?.[1]);
    const session = await runtime.load(found.model);
    const data = set.features.slice();
    const outputs = await session.run({
      features: { type: 'float32', data, dims: [3_000, features.length] },
    });
    await session.close();
    const own = rowLosses(quantiles, outputs['score']?.data as Float32Array, rows.labels);
    const mean = own.reduce((sum, one) => sum + one, 0) / own.length;
    t.ok(
      loss > mean && loss < 3 * mean,
      `the loss of ${loss} is the task's, which is ${mean} on the rows that were fitted`,
    );

    const few = { ...rows, rowCount: 300 };
    const any = await module.fit(
      requestOf(search({ windows: 0.1 }), { task: quantiles, rows: few, trainCount: 260 }),
    );
    t.match(any.summary, /found by \d+ trials of 8 trainers/, 'without logistic()');
    t.notMatch(any.log ?? '', /logistic|failed/);
  },
);

t.test('in a training it is searched once, and the manifest says what was found', async (t) => {
  const trainers = [search({ trainers: several })];
  const { verdict, why, trainer, model, log } = await run(makeRequest(set, { trainers }));
  t.equal(verdict, 'promote', why);
  t.match(trainer, { name: 'search', params: { found: { index: 2 } } });
  t.match(why, /logistic \{"l2":1\}, found by 7 trials/);
  t.equal(log?.match(/round 1/g)?.length, 5, 'one search');
  t.equal((await scoreRows(scorers, model, set)).length, 3_000);
});

t.test('options that cannot work are refused', async (t) => {
  for (const [options, problem] of [
    [{ trainers: [mlp()] }, /its trainers are .*: give two at least/],
    [{ trainers: [mlp(), 7] }, /7 is no trainer/],
    [{ trainers: [mlp(), mlp()] }, /'mlp' is listed twice/],
    [{ trainers: [mlp(), search()] }, /a search cannot be searched/],
    [{ windows: 0 }, /windows is 0/],
    [{ folds: 0 }, /folds is 0/],
    [{ keepOneIn: 1 }, /keepOneIn is 1/],
    [{ everyMs: -1 }, /everyMs is -1/],
    [{ timeoutMs: 0 }, /timeoutMs is 0/],
    [{ fold: 3 }, /no parameter 'fold'; did you mean 'folds'/],
  ] as const)
    t.throws(() => search(options as object), { code: 'TOPOLOGY_INVALID', message: problem });
  t.same(search().tasks, ['binary', 'multiclass', 'regression', 'quantile-regression']);
  t.same(search({ trainers: [gbdt(), mlp()] }).tasks, search().tasks);
  t.same(search({ trainers: [always(), good] }).tasks, ['binary', 'regression']);
  t.same(search({ trainers: [external({ command: ['x'] }), gbdt()] }).tasks, search().tasks);
  const named = search({ trainers: [gbdt({ monotone: { noise: 'rising' } }), gbdt()] });
  t.same(named.names, [{ parameter: 'monotone', feature: 'noise', kind: 'numeric' }]);
  t.ok(ensemble([search(), mlp()]), 'it may be a member of an ensemble');
});
