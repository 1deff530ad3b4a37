// Trainings of a task without labels: judged by the share of alerts on rows that no model has seen.
import t from 'tap';
import { anomaly, isolationForest } from '../../src/index.ts';
import type { Candidate, CandidateRequest } from '../../src/learning/candidate.ts';
import { taskFacts } from '../../src/learning/task-calls.ts';
import type { TrainingSet } from '../../src/ports/history.ts';
import { features, makeExample, makeRequest, run } from './examples.ts';

const task = anomaly({ alertRate: 0.02 });
const trainers = [isolationForest({ trees: 50 })];

function unlabelled(rowCount: number, seed: number): TrainingSet {
  const set = makeExample(rowCount, seed);
  return { ...set, labels: new Float32Array(rowCount).fill(Number.NaN) };
}

/** The second set behind the first. */
function joined(first: TrainingSet, second: TrainingSet): TrainingSet {
  const both = (name: 'features' | 'labels' | 'scores'): Float32Array =>
    Float32Array.from([...first[name], ...second[name]]);
  const rowCount = first.rowCount + second.rowCount;
  return {
    rowCount,
    width: first.width,
    features: both('features'),
    labels: both('labels'),
    scores: both('scores'),
    eventTimeMs: Float64Array.from({ length: rowCount }, (_, i) => i * 60_000),
  };
}

function train(set: TrainingSet, more: Partial<CandidateRequest> = {}): Promise<Candidate> {
  return run(makeRequest(set, { task: taskFacts(task), trainers, ...more }), undefined, task);
}

function championOf(candidate: Candidate): CandidateRequest['champion'] {
  const { model, newestRowMs, trainer } = candidate;
  return { version: 'v1', model, newestRowMs, trainer };
}

t.test(
  'a first model that keeps to the alert rate is promoted, and the same rows give the same',
  async (t) => {
    const set = unlabelled(3_000, 1);
    const candidate = await train(set);
    t.equal(candidate.verdict, 'promote', candidate.why);
    t.match(
      candidate.why,
      /^[\d.]+ % of 450 newest rows are alerts, and 2 % should be: it keeps to the alert rate/,
    );
    t.match(candidate.trainer, { name: 'isolation-forest', params: { trees: 50, rows: 256 } });
    t.ok((candidate.metrics.candidate['alertRate'] ?? 1) < 0.05);
    t.same(candidate.rows, { train: 2_550, validation: 0, gate: 450 });
    t.equal(candidate.newestRowMs, set.eventTimeMs.at(-1), 'fitted again on all');
    t.equal(candidate.reference.features.length, features.length);
    t.same((await train(set)).model, candidate.model);
  },
);

t.test(
  'a champion that gives too many alerts is replaced, one that keeps to the rate stays or is renewed',
  async (t) => {
    const before = unlabelled(2_000, 1);
    const after = unlabelled(2_000, 2);
    // Beyond what the first model has seen, in every column.
    for (let i = 0; i < after.features.length; i += 1) after.features[i] = 1e6 + after.features[i]!;
    const champion = championOf(await train(before));
    const replaced = await train(joined(before, after), { champion });
    t.equal(replaced.verdict, 'promote', replaced.why);
    const rates = [replaced.metrics.champion, replaced.metrics.candidate].map(
      (figures) => figures?.['alertRate'] ?? 0,
    );
    t.ok(rates[0]! > 0.5 && rates[1]! < 0.1, rates.join());
  },
);

t.test('a model that gives too many alerts, or scores that are none, never serves', async (t) => {
  const always = {
    name: 'always',
    module: new URL('./always-alerts.ts', import.meta.url).href,
    tasks: ['anomaly'],
    params: {},
  };
  const rejected = await train(unlabelled(1_000, 1), { trainers: [always] });
  t.equal(rejected.verdict, 'reject');
  t.match(rejected.why, '100 % of');
  t.match(rejected.why, 'these are too many');
  const wild = { ...always, name: 'wild', params: { score: 7 } };
  await t.rejects(train(unlabelled(1_000, 1), { trainers: [wild] }), {
    code: 'MODEL_INVALID',
    message: /a score is 7/,
  });
  const beside = await train(unlabelled(3_000, 1), { trainers: [wild, ...trainers] });
  t.equal(beside.verdict, 'promote');
  t.match(beside.why, /Failed fits: wild of the whole window: a score is 7, not within 0 to 1\./);
});

t.test('the logs of all fits are kept, the best one first or not', async (t) => {
  const quiet = {
    name: 'quiet',
    module: new URL('./always-alerts.ts', import.meta.url).href,
    tasks: ['anomaly'],
    params: { score: 0, log: 'fitted quietly\n' },
  };
  const loud = { ...quiet, name: 'loud', params: { score: 1, log: 'fitted loudly\n' } };
  const { trainer, log } = await train(unlabelled(1_000, 1), { trainers: [loud, quiet, quiet] });
  t.equal(trainer.name, 'quiet');
  t.match(
    log,
    /^== loud .*==\nfitted loudly\n\n== quiet .*==\nfitted quietly\n\n== quiet 2 .*==\nfitted quietly\n/,
  );
  t.match(log, /\n== fitted again on all rows ==\nfitted quietly\n$/);
  t.equal((await train(unlabelled(1_000, 1))).log, null, 'a trainer without a log has none');
});
