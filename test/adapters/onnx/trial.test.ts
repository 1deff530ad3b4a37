// Trials of models that others made: what is refused before a session exists, and what is refused in the trial's process.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import t from 'tap';
import { OnnxGraphRuntime } from '../../../src/adapters/onnx/graph-runtime.ts';
import { OnnxScorers } from '../../../src/adapters/onnx/scorer-factory.ts';
import { goldenBatch } from '../../../src/learning/golden-batch.ts';
import { GraphBuilder } from '../../../src/learning/graph-builder.ts';
import type { Trial } from '../../../src/ports/scorer.ts';
import { node } from '../../support/cli.ts';
import { endlessLoop, externalData, foreignOperator, growingLoop } from '../../support/hostile-models.ts';
import { softsignModel } from '../../support/softsign-model.ts';

/** Some models run until their bound of processor time, on a machine that is busy. */
t.setTimeout(120_000);

const WIDTH = 4;
const scorers = await OnnxScorers.open({ providers: ['cpu'] });
t.teardown(() => scorers.close());

function trialOf(model: Uint8Array, more: Partial<Trial> = {}): Trial {
  const golden = goldenBatch(['a', 'b', 'c', 'd'], null);
  return { version: 'v1', model, inputWidth: WIDTH, golden, low: 0, high: 1, ...more };
}

/** The graph `from x to score`. */
function graph(make: (graph: GraphBuilder, sum: string) => string): Uint8Array {
  const builder = new GraphBuilder('test');
  const x = builder.input('x', 'float32', ['rows', WIDTH]);
  const sum = builder.op('ReduceSum', [x, builder.ints([1])], { keepdims: { int: 0 } });
  builder.output('score', make(builder, sum), 'float32', ['rows']);
  return builder.build();
}

t.test('a harmless model passes, and the process is used again', async (t) => {
  const model = softsignModel(new Float32Array(WIDTH).fill(0.5));
  await t.resolves(scorers.trial(trialOf(model)));
  const startedMs = performance.now();
  await Promise.all([scorers.trial(trialOf(model)), scorers.trial(trialOf(model))]);
  t.comment(`${performance.now() - startedMs} ms for two more`);
});

t.test('external data is refused on every path, and no file is read', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-external-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'secret');
  writeFileSync(file, Buffer.alloc(64, 1));
  const model = externalData(WIDTH, relative(process.cwd(), file));
  const refused = { code: 'MODEL_INVALID', message: /external data/ };
  await t.rejects(scorers.load('v1', model, WIDTH), refused);
  await t.rejects(scorers.trial(trialOf(model)), refused);
  await t.rejects(new OnnxGraphRuntime().load(model), refused);
});

t.test('operators of other domains are refused, in subgraphs too', async (t) => {
  for (const where of ['graph', 'subgraph'] as const)
    await t.rejects(scorers.load('v1', foreignOperator(WIDTH, where), WIDTH), {
      code: 'MODEL_INVALID',
      message: /is of the domain "com\./,
    });
});

t.test('a loop without end is refused, and the next model is tried', async (t) => {
  await t.rejects(scorers.trial(trialOf(endlessLoop(WIDTH))), {
    code: 'MODEL_INVALID',
    message: /failed in its trial: it takes more than 3 s of processor time/,
  });
  await t.resolves(scorers.trial(trialOf(softsignModel(new Float32Array(WIDTH)))));
});

t.test('rows are scored within the bounds of a trial, as an engine scores them', async (t) => {
  const model = softsignModel(Float32Array.of(0.5, -0.25, 1, 0));
  const values = Float32Array.from({ length: 40 * WIDTH }, (_, i) =>
    i % 11 === 0 ? Number.NaN : Math.sin(i),
  );
  const rows = { version: 'v1', inputWidth: WIDTH, values: values.subarray(WIDTH), rowCount: 39 };
  const scorer = await scorers.load('v1', model, WIDTH);
  const wanted = new Float32Array(39);
  await scorer.run(rows.values, 39, wanted);
  await scorer.close();
  t.same(await scorers.scoreUntrusted({ ...rows, model }), wanted);
  const refused = { code: 'MODEL_INVALID', message: /more than 3 s of processor time/ };
  await t.rejects(scorers.scoreUntrusted({ ...rows, model: endlessLoop(WIDTH) }), refused);
});

t.test('a process that others end says nothing about the model', async (t) => {
  if (process.platform !== 'linux') return;
  const { stdout, stderr } = await node(['test/support/interrupted-trials.ts']);
  const untried = { SIGKILL: 'MODEL_UNTRIED', SIGTERM: 'MODEL_UNTRIED', SIGINT: 'MODEL_UNTRIED' };
  t.same(JSON.parse(stdout || '{}'), untried, stderr);
});

t.test('a model that takes all memory is refused', async (t) => {
  await t.rejects(scorers.trial(trialOf(growingLoop(WIDTH, 32))), {
    code: 'MODEL_INVALID',
    message: /MiB of memory|bad_alloc|allocate/i,
  });
});

t.test('the golden batch', async (t) => {
  const unbounded = graph((_, sum) => sum);
  await t.rejects(scorers.trial(trialOf(unbounded)), {
    message: /returns 4.*the task's scores are from 0 to 1/,
  });
  const regression = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  await t.resolves(scorers.trial(trialOf(unbounded, regression)), 'missing values may have no score');
  const notFinite = graph((builder, sum) => builder.op('Div', [sum, builder.scalar(0)]));
  await t.rejects(scorers.trial(trialOf(notFinite, regression)), {
    message: /returns (NaN|Infinity) for values/,
  });
  const random = graph((builder, sum) => builder.op('Mul', [sum, builder.op('RandomUniformLike', [sum])]));
  await t.rejects(scorers.trial(trialOf(random, regression)), { message: /differently the second time/ });
});
