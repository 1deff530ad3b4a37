import t from 'tap';
import { TrainingThreads } from '../../src/app/training/training-threads.ts';
import { days, mlp } from '../../src/index.ts';
import { taskCalls } from '../../src/learning/task-calls.ts';
import { scoreRows } from '../../src/learning/score-rows.ts';
import { GraphBuilder } from '../../src/learning/graph-builder.ts';
import { auc } from '../../src/stats/auc.ts';
import { meanLogLoss } from '../../src/stats/log-loss.ts';
import { lossOf, makeExample, makeRequest, openScorers, params, run, task } from './examples.ts';

const never = new AbortController().signal;
const scorers = await openScorers();
const example = makeExample(12_000, 1);
const fresh = makeExample(10_000, 2);
const first = await run(makeRequest(example));

t.test('on new rows a model is close to the best possible one', async (t) => {
  const scores = await scoreRows(scorers, first.model, fresh);
  const reached = { logLoss: meanLogLoss(scores, fresh.labels), auc: auc(scores, fresh.labels) };
  const best = { logLoss: meanLogLoss(fresh.truth, fresh.labels), auc: auc(fresh.truth, fresh.labels) };
  t.ok(reached.auc > best.auc - 0.006, `AUC ${reached.auc} of ${best.auc}`);
  t.ok(reached.logLoss < best.logLoss + 0.008, `log loss ${reached.logLoss}, best ${best.logLoss}`);
  t.ok(best.auc > 0.8, 'the data can be learned');
});

t.test('a first model is compared with the base rate, on the newest rows', (t) => {
  t.equal(first.verdict, 'promote');
  t.equal(first.metrics.champion, null);
  t.match(first.why, /of the base rate on 1800 newest rows/);
  t.match(
    first.why,
    /Started afresh, \d+ of 300 steps, then fitted again on all rows, those of the gate included/,
  );
  t.same(first.rows, { train: 8_400, validation: 1_800, gate: 1_800 });
  t.equal(first.reference.rowCount, 12_000);
  t.equal(first.newestRowMs, example.eventTimeMs.at(-1), 'it is trained on the gate slice as well');
  t.end();
});

t.test(
  'the same request returns the same candidate, bit for bit; another seed a different one',
  async (t) => {
    const set = makeExample(2_000, 4);
    const once = await run(makeRequest(set));
    const twice = await run(makeRequest(set));
    t.same(twice.model, once.model);
    t.equal(twice.why, once.why);
    t.same(twice.reference, once.reference);
    t.notSame((await run(makeRequest(set, { seed: 6 }), never)).model, once.model);
  },
);

t.test('training continues from the champion, and the gate uses rows that are new to both', async (t) => {
  // The distribution shifts: the champion is off by 1.2 in log odds on new rows.
  const more = makeExample(6_000, 8, 12_000 * 60_000, 1.2);
  const set = {
    ...example,
    rowCount: 18_000,
    features: Float32Array.from([...example.features, ...more.features]),
    labels: Float32Array.from([...example.labels, ...more.labels]),
    scores: new Float32Array(18_000),
    eventTimeMs: Float64Array.from([...example.eventTimeMs, ...more.eventTimeMs]),
  };
  const champion = {
    version: 'v1',
    model: first.model,
    newestRowMs: first.newestRowMs,
    trainer: first.trainer,
  };
  const next = await run(makeRequest(set, { version: 'v2', champion, halfLifeMs: days(1) }));
  t.equal(next.verdict, 'promote', next.why);
  t.equal(next.rows.gate, 900, 'the gate has a share of the new rows only');
  t.match(next.why, /of the champion v1 .* It was chosen of 4: /);
  t.ok(lossOf(next.metrics.candidate) < lossOf(next.metrics.champion) - 0.02, next.why);
  const later = makeExample(5_000, 9, 0, 1.2);
  const before = meanLogLoss(await scoreRows(scorers, first.model, later), later.labels);
  const after = meanLogLoss(await scoreRows(scorers, next.model, later), later.labels);
  t.ok(after < before - 0.05, `${before} to ${after} on rows that are new to both`);
});

t.test('a candidate that was trained on wrong labels is rejected and not refitted', async (t) => {
  const more = makeExample(6_000, 8, 12_000 * 60_000);
  more.labels.forEach((label, i) => {
    if (i < 5_000) more.labels[i] = 1 - label;
  });
  const champion = {
    version: 'v1',
    model: first.model,
    newestRowMs: first.newestRowMs,
    trainer: first.trainer,
  };
  const bad = await run(makeRequest(more, { version: 'v2', champion, trainers: [mlp(params)] }), never);
  t.equal(bad.verdict, 'reject', bad.why);
  t.match(bad.why, /the log loss is not lower/);
  t.notMatch(bad.why, /fitted again/);
  t.ok(lossOf(bad.metrics.candidate) > lossOf(bad.metrics.champion));
});

t.test('a champion of another trainer is an opponent but not a starting point', async (t) => {
  const graph = new GraphBuilder('constant');
  const x = graph.input('input', 'float32', ['n', 5]);
  const mean = graph.op('ReduceMean', [graph.op('Mul', [x, graph.scalar(0)]), graph.ints([1])], {
    keepdims: { int: 1 },
  });
  const half = graph.op('Where', [
    graph.op('IsNaN', [mean]),
    graph.scalar(0.5),
    graph.op('Add', [mean, graph.scalar(0.5)]),
  ]);
  graph.output('probability', half, 'float32', ['n', 1]);
  const champion = { version: 'other', model: graph.build(), newestRowMs: null, trainer: null };
  const set = makeExample(3_000, 4);
  const candidate = await run(makeRequest(set, { champion }));
  t.match(candidate.why, /Started afresh, /);
  t.ok(Math.abs(lossOf(candidate.metrics.champion) - Math.log(2)) < 1e-6);
  t.equal(candidate.verdict, 'promote');
});

t.test('too few rows, a single class and rows that the champion was trained on are rejected', async (t) => {
  const small = { code: 'TRAINING_SET_TOO_SMALL' };
  await t.rejects(run(makeRequest(makeExample(59, 1))), small);
  const same = makeExample(3_000, 1);
  same.labels.fill(0);
  await t.rejects(run(makeRequest(same)), small);
  const champion = {
    version: 'v1',
    model: first.model,
    newestRowMs: first.newestRowMs,
    trainer: first.trainer,
  };
  await t.rejects(run(makeRequest(example, { champion })), small);
});

t.test('an abort ends a training', async (t) => {
  const abort = new AbortController();
  const aborted = run(makeRequest(example), abort.signal);
  setTimeout(() => abort.abort(), 20);
  await t.rejects(aborted, { code: 'TRAINING_FAILED' });
});

t.test(
  'in a thread the candidate is the same, an error keeps its code, and an abort ends the training',
  async (t) => {
    const threads = new TrainingThreads();
    const calls = taskCalls(task);
    const candidate = await threads.run(makeRequest(makeExample(12_000, 1)), calls, never);
    t.same(candidate.model, first.model);
    t.equal(candidate.why, first.why);
    await t.rejects(threads.run(makeRequest(makeExample(59, 1)), calls, never), {
      code: 'TRAINING_SET_TOO_SMALL',
    });
    const failing = { ...calls, assess: () => Promise.reject(new Error('no such unit')) };
    await t.rejects(threads.run(makeRequest(makeExample(2_000, 1)), failing, never), {
      code: 'TRAINING_FAILED',
      message: /a function of the task failed: no such unit/,
    });
    const unsendable = {
      ...calls,
      shortage: () => Promise.resolve((() => 'a function') as unknown as string),
    };
    await t.rejects(threads.run(makeRequest(makeExample(2_000, 1)), unsendable, never), {
      code: 'TRAINING_FAILED',
      message: /answer to shortage cannot be sent/,
    });
    const module = new URL('./no-such-trainer.ts', import.meta.url).href;
    const missing = { ...mlp(params), module };
    await t.rejects(threads.run(makeRequest(makeExample(2_000, 1), { trainers: [missing] }), calls, never), {
      code: 'TRAINING_FAILED',
      message: /the trainer's module cannot be loaded/,
    });
    const abort = new AbortController();
    const aborted = threads.run(makeRequest(makeExample(12_000, 1)), calls, abort.signal);
    setTimeout(() => abort.abort(), 200);
    await t.rejects(aborted, { code: 'TRAINING_FAILED', message: /aborted/ });
    const closed = threads.run(makeRequest(makeExample(12_000, 1)), calls, never);
    await threads.close();
    await t.rejects(closed, { code: 'TRAINING_FAILED', message: /aborted/ });
  },
);
