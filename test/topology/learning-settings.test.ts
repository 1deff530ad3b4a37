// Options of control, drift and retraining: the defaults, and invalid values.
import t from 'tap';
import {
  anomaly,
  atLeast,
  binary,
  days,
  defineTrainer,
  ensemble,
  gbdt,
  hours,
  mlp,
  multiclass,
  numberLabel,
  type LearningOptions,
  type Task,
  type Trainer,
} from '../../src/index.ts';
import type { FeatureSpec } from '../../src/core/feature-spec.ts';
import { learningSettings } from '../../src/topology/learning-settings.ts';
import { learningProblems } from '../../src/topology/learning-problems.ts';

const task = binary({ column: 'paid', positive: atLeast(1) });
const numbers = (count: number): FeatureSpec[] =>
  Array.from({ length: count }, (_, i) => ({ name: `f${i}`, kind: 'numeric' }));
const subject = { task, features: numbers(42) };
const problemsOf = (options: LearningOptions): string => learningProblems(options, subject).join('; ');

t.test('retraining: true has complete settings', async (t) => {
  const settings = learningSettings({ retraining: true }, subject);
  t.same(settings.control, { everyMs: hours(1), mode: 'live', with: [] });
  t.same(settings.drift, { intervals: 24, rowsMin: 500, falseDiscoveryRate: 0.01, psiFloor: 0.2 });
  t.match(settings.retraining, {
    firstRows: 200,
    everyRows: 2_000,
    growth: 0.5,
    schedule: null,
    driftedFeatures: 11,
    onErrorDrift: true,
    cooldownMs: 0,
    windowMs: days(180),
    trainers: [{ name: 'mlp', params: { hidden: [64, 32] } }],
    gate: { share: 0.3, confidence: 0.9, tolerance: 0.005, refit: true },
  });
  t.equal(problemsOf({ retraining: true }), '');
});

t.test('an option replaces only its own default', async (t) => {
  const options = {
    control: { everyMs: days(1) },
    retraining: { everyRows: 8_000, gate: { tolerance: 0 } },
  };
  const settings = learningSettings(options, subject);
  t.equal(settings.retraining?.everyRows, 8_000);
  t.equal(settings.retraining?.growth, null, 'an explicit number is the number');
  t.equal(settings.retraining?.firstRows, 200);
  t.same(settings.retraining?.gate, { share: 0.3, confidence: 0.9, tolerance: 0, refit: true });
  t.equal(settings.drift?.intervals, 7, 'a week of days');
  t.same(learningSettings(settings, subject), settings, 'complete settings are unchanged');
});

t.test('everything is off by default', async (t) => {
  t.same(learningSettings({}, subject), {});
  t.same(learningSettings({ drift: false, retraining: false }, subject), {});
  t.same(Object.keys(learningSettings({ control: {} }, subject)), ['control']);
  t.same(Object.keys(learningSettings({ drift: true }, subject)), ['control', 'drift']);
  t.same(Object.keys(learningSettings({ drift: false, retraining: true }, subject)), [
    'control',
    'retraining',
  ]);
});

t.test('misspelt options are reported with a suggestion', async (t) => {
  const misspelt = { control: { every: 1 }, retraining: { everyRow: 1, gate: { sharre: 1 } } };
  t.match(problemsOf(misspelt as LearningOptions), /no option of control 'every'; did you mean 'everyMs'\?/);
  t.match(
    problemsOf(misspelt as LearningOptions),
    /no option of retraining 'everyRow'; did you mean 'everyRows'\?/,
  );
  t.match(
    problemsOf(misspelt as LearningOptions),
    /no option of retraining.gate 'sharre'; did you mean 'share'\?/,
  );
});

t.test('invalid values are rejected', async (t) => {
  for (const [options, problem] of [
    [{ control: { everyMs: 0 } }, /control.everyMs: 0 is not a duration/],
    [{ drift: { intervals: 0 } }, /drift.intervals: 0 is no whole number/],
    [{ retraining: { firstRows: 0 } }, /retraining.firstRows: 0 is no whole number/],
    [{ retraining: { gate: { share: 1.2 } } }, /gate.share: 1.2 is not a share/],
    [{ retraining: { gate: { share: 0.9 } } }, /leave no rows to train on: 0.9 \+ 0.15/],
    [{ retraining: { gate: { tolerance: -1 } } }, /gate.tolerance: -1 is no number of 0 or more/],
    [
      { retraining: { rowsMax: 59 } },
      /of 59 rows no model is trained, which takes 30 to fit and 30 to judge/,
    ],
    [
      { retraining: { rowsMax: 100, gate: { share: 0.8 }, validationShare: 0.1 } },
      /of 100 rows the gate takes 80 and validation 0, which leaves 20 to fit, and a model takes 30/,
    ],
    [
      { drift: { rowsMin: 120_001 } },
      /drift.rowsMin: a window never has 120001 rows: of 42 features a sample has 5000 at most, and 24 intervals have 120000/,
    ],
    [{ retraining: { cooldownMs: -1 } }, /cooldownMs: -1 is not a duration/],
    [{ retraining: { schedule: 'daily' } }, /schedule 'daily' is no cron pattern/],
    [{ retraining: { trainer: {} } }, /retraining.trainer: an object is no trainer/],
  ] as const)
    t.match(problemsOf(options as LearningOptions), problem);
  const undefinedOnes = { retraining: { everyRows: undefined, gate: { share: undefined } } };
  t.equal(problemsOf(undefinedOnes as unknown as LearningOptions), '', 'undefined is the default');
});

t.test(
  'what can never come to anything is refused with its arithmetic, and what just can is not',
  async (t) => {
    const rare = (alertRate: number, rowsMax: number): string =>
      learningProblems(
        { retraining: { rowsMax } },
        { task: anomaly({ alertRate }), features: numbers(3) },
      ).join('; ');
    t.match(
      rare(1e-5, 200_000),
      /of 200000 rows the gate judges on 60000 \(gate.share 0.3\), on which 0.6 alerts are due at an alertRate of 0.00001, and it needs one: give rowsMax 333334 or more/,
    );
    t.equal(rare(1e-5, 333_334), '', 'the rows that it says are enough');
    const most = { rowsMax: 100, gate: { share: 0.7 }, validationShare: 0.2 };
    t.equal(problemsOf({ retraining: most }), '', '30 rows are left');
    t.match(problemsOf({ retraining: { ...most, gate: { share: 0.71 } } }), /leaves 29 to fit/);
    t.equal(problemsOf({ drift: { rowsMin: 120_000 } }), '');
    const wide = { task, features: numbers(1_024) };
    const drift = { rowsMin: 8_000, intervals: 7 };
    t.match(
      learningProblems({ drift }, wide)[0],
      /of 1024 features a sample has 1023 at most, and 7 intervals have 7161/,
    );
    t.same(learningProblems({ drift: true }, wide), [], 'the defaults fit the widest vector');
    t.same(learningProblems({ retraining: true }, { task: anomaly(), features: numbers(3) }), []);
  },
);

t.test('triggers that can never fire are refused', async (t) => {
  const few = { retraining: { firstRows: 300, rowsMax: 299 } };
  t.match(
    problemsOf(few),
    /firstRows: the first model waits for 300 labels, and a training takes the newest 299 \(rowsMax\)/,
  );
  t.equal(problemsOf({ retraining: { firstRows: 299, rowsMax: 299 } }), '');
  t.equal(problemsOf({ retraining: { rowsMax: 100 } }), '', 'a default is no mistake');
  t.match(
    problemsOf({ retraining: { driftedFeatures: 43 } }),
    /driftedFeatures: 43 features never drift, as there are 42: give 42 or fewer, or null/,
  );
  t.equal(problemsOf({ retraining: { driftedFeatures: 42 } }), '');
  for (const schedule of ['0 0 31 2 *', '0 0 30 2 *'])
    t.match(problemsOf({ retraining: { schedule } }), /names no day that there is/, schedule);
  for (const schedule of ['0 0 29 2 *', '0 3 * * 0']) t.equal(problemsOf({ retraining: { schedule } }), '');
});

t.test('what no training holds and no file has room for is refused', async (t) => {
  const wide = { task, features: numbers(1_024) };
  const rowsMax = 1_048_576;
  t.same(learningProblems({ retraining: { rowsMax } }, wide), []);
  t.match(
    learningProblems({ retraining: { rowsMax: rowsMax + 1 } }, wide)[0],
    /1048577 rows of 1024 features are 1073742848 numbers, .* give rowsMax 1048576 or less/,
  );
  const classes = (length: number): Task<never> =>
    multiclass({
      column: 'kind',
      classes: Array.from({ length: 1_000 }, (_, i) => String(i).padStart(length, '0')),
    }) as unknown as Task<never>;
  const found = (length: number): string[] =>
    learningProblems({ retraining: true }, { task: classes(length), features: numbers(10) });
  t.same(found(260), []);
  t.match(
    found(263)[0],
    /the names of 10 features have 20 bytes and those of 1000 outputs 263000, .* has room for 262144: shorten/,
  );
  const hidden = (size: number): string =>
    problemsOf({ retraining: { trainer: mlp({ hidden: [size, size] }) } });
  t.equal(hidden(20_000), '');
  t.match(
    hidden(30_000),
    /'mlp': a network from 42 features to one output .* has 3605400004 bytes, .* at most 2147483647/,
  );
});

t.test('a trainer that does not support the task is rejected', async (t) => {
  const ranking: Task = { ...task, name: 'ranking', label: numberLabel('amount') };
  t.same(learningProblems({ retraining: true }, { task: ranking, features: numbers(1) }), [
    "trainer 'mlp' cannot train for task 'ranking': it supports binary, multiclass, regression, quantile-regression",
  ]);
  const lines = defineTrainer({
    name: 'lines',
    module: new URL('./no-such-module.ts', import.meta.url),
    tasks: ['ranking'],
    defaults: {},
  });
  const found = learningProblems(
    { retraining: { trainer: lines() } },
    { task: ranking, features: numbers(1) },
  );
  t.equal(found.length, 1);
  t.match(found[0], /there is no module file:.*no-such-module\.ts of trainer 'lines'/);
});

t.test(
  'features that a trainer names must be features of the topology, of the kind that it needs',
  async (t) => {
    const features: FeatureSpec[] = [...numbers(2), { name: 'merchant', kind: 'categorical' }];
    const found = (trainer: Trainer): string[] =>
      learningProblems({ retraining: { trainer } }, { task, features });
    t.same(found(gbdt({ monotone: { f0: 'rising' } })), []);
    const refused = [
      "monotone of trainer 'gbdt' names 'f3', which is no feature",
      "monotone of trainer 'gbdt' names 'merchnt', which is no feature; did you mean 'merchant'?",
      "monotone of trainer 'gbdt' names 'merchant', which is categorical, not numeric",
    ];
    const bad = gbdt({ monotone: { f3: 'rising', merchnt: 'rising', merchant: 'falling', f1: 'falling' } });
    for (const [i, problem] of found(bad).entries()) t.match(problem, (refused[i] ?? '').split(';')[0]);
    t.equal(found(bad).length, refused.length);
    t.match(
      found(ensemble([mlp(), bad]))[2],
      "monotone of trainer 'ensemble' names 'merchant', which is categorical",
    );
  },
);

t.test('invalid parameters of the mlp', async (t) => {
  const message = (params: object): RegExp | string => {
    try {
      mlp(params);
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  t.match(message({ hiden: [4] }), /no parameter 'hiden'; did you mean 'hidden'\? \(trainer mlp\)/);
  t.match(message({ hidden: 64 }), /parameter 'hidden' is of kind number, not array/);
  t.match(message({ hidden: [4.5] }), /hidden is \[4.5\], not sizes of layers/);
  t.match(message({ dropout: 1 }), /dropout is 1, not a share/);
  t.match(message({ learningRate: Number.NaN }), /'learningRate' has a value that JSON has not/);
  t.match(message({ steps: 0, activation: 'tanh' }), /steps is 0.*activation is 'tanh'/);
  t.equal(message({ signedLogSkewMin: null, hidden: [] }), '');
});
