import t from 'tap';
import { OnnxGraphRuntime } from '../../../src/adapters/onnx/graph-runtime.ts';
import { GraphBuilder } from '../../../src/learning/graph-builder.ts';

const runtime = new OnnxGraphRuntime();

t.test('outputs of a run can be inputs of the next', async (t) => {
  const graph = new GraphBuilder('twice');
  const x = graph.input('x', 'float32', ['n']);
  graph.output('y', graph.op('Mul', [x, graph.scalar(2)]), 'float32', ['n']);
  const session = await runtime.load(graph.build());
  const once = await session.run({ x: { type: 'float32', data: Float32Array.of(1, 2), dims: [2] } });
  const twice = await session.run({ x: once['y']! });
  t.same(twice['y']?.data, Float32Array.of(4, 8));
  t.same(twice['y']?.dims, [2]);
  await t.rejects(session.run({}), { code: 'MODEL_FAILED' });
  await session.close();
});

t.test('bytes that are not a graph are rejected', async (t) => {
  await t.rejects(runtime.load(Buffer.from('nothing')), { code: 'MODEL_INVALID' });
});
