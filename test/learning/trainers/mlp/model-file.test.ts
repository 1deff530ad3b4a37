import onnxProto from 'onnx-proto';
import t from 'tap';
import { scoreRows } from '../../../../src/learning/score-rows.ts';
import { extendEncoding, fitEncoding } from '../../../../src/learning/trainers/encoding/fit-encoding.ts';
import { GraphBuilder } from '../../../../src/learning/graph-builder.ts';
import { buildModel, readModel, warmParameters } from '../../../../src/learning/trainers/mlp/model-file.ts';
import { headOf } from '../../../../src/learning/trainers/mlp/head.ts';
import { initialParameters, networkShape } from '../../../../src/learning/trainers/mlp/network-shape.ts';
import { Random } from '../../../../src/stats/random.ts';
import { features, makeExample, openScorers, params, task } from '../../examples.ts';
import { referenceScore } from '../../reference.ts';

const example = makeExample(1_000, 3);
const encoding = fitEncoding(example, features, params);
const head = headOf(task, example.labels, null);
const scorers = await openScorers();

t.test(
  'a model scores like the reference implementation, with missing values and unknown or missing categories',
  async (t) => {
    for (const activation of ['relu', 'silu'] as const) {
      const shape = networkShape(encoding, { ...params, activation, members: 2 });
      const theta = initialParameters(shape, [Math.log(0.3 / 0.7)], new Random(1)).map((x) => 3 * x);
      const rows = example.features.slice(0, 5 * 100);
      rows.set([Number.NaN, Number.NaN, Number.NaN, Number.NaN, Number.NaN], 0);
      rows.set([0.5, 1e9, 1, 999_999, 0], 5);
      const scores = await scoreRows(scorers, buildModel(encoding, shape, theta, head), {
        features: rows,
        rowCount: 100,
        width: 5,
      });
      for (let i = 0; i < 100; i += 1) {
        const expected = referenceScore(encoding, shape, theta, rows.subarray(i * 5, i * 5 + 5));
        if (Math.abs(scores[i]! - expected) > 1e-5) t.fail(`row ${i}: ${scores[i]}, not ${expected}`);
      }
      t.ok(Math.max(...scores) - Math.min(...scores) > 0.1, `${activation}: scores differ`);
    }
  },
);

t.test("a row's score is the same, bit for bit, in any batch", async (t) => {
  // After a restart or a rebalance rows are computed again in other batches, with the same scores.
  for (const hidden of [[16, 8], [64, 32], [128]]) {
    const shape = networkShape(encoding, { ...params, hidden });
    const model = buildModel(
      encoding,
      shape,
      initialParameters(shape, [Math.log(0.3 / 0.7)], new Random(1)),
      head,
    );
    const scorer = await scorers.load('v1', model, 5);
    const whole = new Float32Array(1_000);
    await scorer.run(example.features, 1_000, whole);
    for (const size of [1, 2, 3, 5, 8, 13, 64, 511]) {
      const parts = new Float32Array(1_000);
      for (let from = 0; from < 1_000; from += size) {
        const to = Math.min(1_000, from + size);
        await scorer.run(example.features.subarray(from * 5), to - from, parts.subarray(from, to));
      }
      t.same(parts, whole, `${hidden.join('-')}, ${size} rows at a time`);
    }
    await scorer.close();
  }
});

t.test('any unknown category uses the embedding of unknown categories', async (t) => {
  const shape = networkShape(encoding, params);
  const model = buildModel(
    encoding,
    shape,
    initialParameters(shape, [Math.log(0.3 / 0.7)], new Random(1)),
    head,
  );
  const rows = Float32Array.of(0, 1, 1, 55, 0, 0, 1, 1, 16_777_215, 0, 0, 1, 1, 1_003, 0);
  const scores = await scoreRows(scorers, model, { features: rows, rowCount: 3, width: 5 });
  t.equal(scores[0], scores[1]);
  t.not(scores[0], scores[2]);
});

t.test('the state of a warm start is read back bit for bit', (t) => {
  const shape = networkShape(encoding, params);
  const theta = initialParameters(shape, [Math.log(0.3 / 0.7)], new Random(2));
  const read = readModel(buildModel(encoding, shape, theta, head));
  t.same(read?.encoding, encoding);
  t.same(read && warmParameters(read, encoding, shape), theta);
  t.end();
});

t.test('new categories start with the embedding of unknown ones, the others keep theirs', async (t) => {
  const shape = networkShape(encoding, params);
  const theta = initialParameters(shape, [Math.log(0.3 / 0.7)], new Random(2));
  const model = buildModel(encoding, shape, theta, head);
  const later = { features: new Float32Array(5 * 40), rowCount: 40, width: 5 };
  for (let i = 0; i < 40; i += 1) later.features[i * 5 + 3] = i % 2 === 0 ? 2_000 : 2_001;
  const extended = extendEncoding(encoding, later, params);
  t.equal(extended.categorical[0]!.vocabulary.length, encoding.categorical[0]!.vocabulary.length + 2);
  const wider = networkShape(extended, params);
  const warm = buildModel(extended, wider, warmParameters(readModel(model)!, extended, wider), head);
  const rows = {
    features: Float32Array.from([...example.features.slice(0, 500), ...later.features]),
    rowCount: 140,
    width: 5,
  };
  t.same(
    await scoreRows(scorers, warm, rows),
    await scoreRows(scorers, model, rows),
    'the same scores before training',
  );
});

t.test('a model of another trainer has no state for a warm start', (t) => {
  const graph = new GraphBuilder('other');
  const input = graph.input('x', 'float32', ['n', 5]);
  graph.output('y', graph.op('ReduceMean', [input, graph.ints([1])], { keepdims: { int: 0 } }), 'float32', [
    'n',
  ]);
  t.equal(readModel(graph.build()), null);
  t.end();
});

t.test('the file has the names of its parameters, so that other tools can read it', (t) => {
  const shape = networkShape(encoding, params);
  const bytes = buildModel(
    encoding,
    shape,
    initialParameters(shape, [Math.log(0.3 / 0.7)], new Random(2)),
    head,
  );
  const { graph } = onnxProto.onnx.ModelProto.decode(bytes);
  const names = graph!.initializer!.map(({ name }) => name);
  for (const { name } of shape.parameters) t.ok(names.includes(name), name);
  t.end();
});
