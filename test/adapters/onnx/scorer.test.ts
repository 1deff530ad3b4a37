import * as fc from 'fast-check';
import t from 'tap';
import type { Test } from 'tap';
import { AdaptiveScorer, ThreadScorer } from '../../../src/adapters/onnx/scorer.ts';
import { OnnxScorers } from '../../../src/adapters/onnx/scorer-factory.ts';
import { ScoringThread } from '../../../src/adapters/onnx/scoring-thread.ts';
import type { Scorer } from '../../../src/ports/scorer.ts';
import { logistic, logisticOf, slow, WIDTH } from './models.ts';

const factory = await OnnxScorers.open({ providers: ['cpu'] });
const features = Float32Array.from({ length: 500 * WIDTH }, (_, i) => ((i * 37) % 101) / 50 - 1);
const source = (bytes: Uint8Array) => ({ version: 'v1', bytes, inputWidth: WIDTH, provider: 'cpu' }) as const;

async function check(t: Test, scorer: Scorer, rows: number): Promise<void> {
  const into = new Float32Array(rows + 1).fill(-7);
  await scorer.run(features, rows, into);
  let worst = 0;
  for (let i = 0; i < rows; i += 1) worst = Math.max(worst, Math.abs(into[i]! - logisticOf(features, i)));
  t.ok(worst < 1e-6, `${rows} rows, off by ${worst}`);
  t.equal(into[rows], -7, 'nothing is written after the scores');
}

t.test('scores equal the formula, in each output shape, inline and in a thread', async (t) => {
  for (const output of ['vector', 'column', 'pairs'] as const) {
    const inline = await factory.load('v1', logistic(output), WIDTH);
    const threaded = await ThreadScorer.open(source(logistic(output)), new ScoringThread(1_000), true);
    for (const scorer of [inline, threaded]) {
      t.same([scorer.version, scorer.inputWidth, scorer.provider], ['v1', WIDTH, 'cpu']);
      for (const rows of [0, 1, 7, 500]) await check(t, scorer, rows);
      await scorer.close();
    }
  }
});

t.test('property: concurrent runs do not mix', async () => {
  const scorer = await factory.load('v1', logistic('vector'), WIDTH);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 8 }), async (sizes) => {
      const outputs = sizes.map((rows) => new Float32Array(rows));
      await Promise.all(
        outputs.map((into, k) => scorer.run(features.subarray(k * WIDTH), into.length, into)),
      );
      outputs.forEach((into, k) =>
        into.forEach((score, i) => {
          if (Math.abs(score - logisticOf(features, k + i)) > 1e-6)
            throw new Error(`run ${k}, row ${i}: ${score}`);
        }),
      );
    }),
    { numRuns: 30 },
  );
  await scorer.close();
});

t.test('a slow model runs in a thread and leaves the event loop free', async (t) => {
  const scorer = await AdaptiveScorer.open(source(slow(8)), { inlineMsMax: 1, timeoutMs: 60_000 });
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 1);
  const into = new Float32Array(2);
  await scorer.run(Float32Array.of(0, 0, 0, 1, 0, 0), 2, into);
  clearInterval(timer);
  t.ok(turns > 5, `the event loop turned ${turns} times`);
  t.ok(Math.abs(into[0]! - 0.5) < 1e-6 && Math.abs(into[1]! - 0.731059) < 1e-5, String(into));
  await scorer.close();
});

t.test(
  'a run over the timeout fails with MODEL_TIMEOUT, and the thread restarts with its models',
  async (t) => {
    const thread = new ScoringThread(100);
    const heavy = await ThreadScorer.open(source(slow(100)), thread, false);
    const light = await ThreadScorer.open(source(logistic('vector')), thread, false);
    await t.rejects(heavy.run(features, 2, new Float32Array(2)), {
      code: 'MODEL_TIMEOUT',
      message: /within 100 ms/,
    });
    await check(t, light, 5);
    const both = [heavy.run(features, 2, new Float32Array(2)), light.run(features, 2, new Float32Array(2))];
    const codes = (await Promise.allSettled(both)).map((r) =>
      r.status === 'rejected' ? r.reason.code : 'fine',
    );
    t.match(new Set(codes), new Set(['MODEL_FAILED', 'MODEL_TIMEOUT']));
    await light.close();
    await heavy.close();
    await thread.close();
  },
);

t.test('a pause of the process that exceeds the timeout does not count against the model', async (t) => {
  const thread = new ScoringThread(200);
  const scorer = await ThreadScorer.open(source(logistic('vector')), thread, false);
  await check(t, scorer, 5);
  await new Promise(setImmediate); // the next phase of the event loop is timers
  const checked = check(t, scorer, 5);
  // The question is sent, and its answer cannot have been received yet.
  await new Promise<void>((resolve) => process.nextTick(resolve));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600);
  await checked;
  await scorer.close();
  await thread.close();
});

t.test('the best provider of this machine returns the same scores, with two models at once', async (t) => {
  const best = await OnnxScorers.open({ timeoutMs: 20_000 });
  const models = [
    await best.load('v1', logistic('vector'), WIDTH),
    await best.load('v2', logistic('pairs'), WIDTH),
  ];
  await Promise.all(models.flatMap((model) => [check(t, model, 500), check(t, model, 3)]));
  for (const model of models) {
    t.equal(model.provider, best.report.inUse);
    await model.close();
  }
  await best.close();
});

t.test('a closed scorer fails; closing twice is fine', async (t) => {
  const inline = await factory.load('v1', logistic('vector'), WIDTH);
  const threaded = await ThreadScorer.open(source(logistic('vector')), new ScoringThread(1_000), true);
  for (const scorer of [inline, threaded]) {
    await scorer.close();
    await scorer.close();
    await t.rejects(scorer.run(features, 1, new Float32Array(1)), { code: 'MODEL_FAILED' });
  }
});

t.test('a model that fails to load in a thread is MODEL_INVALID as well', async (t) => {
  const thread = new ScoringThread(1_000);
  await t.rejects(ThreadScorer.open({ ...source(logistic('vector')), inputWidth: 9 }, thread, true), {
    code: 'MODEL_INVALID',
    message: /does not match the topology's 9 features/,
  });
  await thread.close();
});

t.teardown(() => factory.close());
