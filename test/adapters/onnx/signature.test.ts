import onnxProto from 'onnx-proto';
import t from 'tap';
import { loadModel } from '../../../src/adapters/onnx/loaded-model.ts';
import { GraphBuilder } from '../../../src/learning/graph-builder.ts';
import { logistic, WIDTH } from './models.ts';

const { onnx } = onnxProto;

async function load(bytes: Uint8Array, inputWidth = WIDTH): Promise<void> {
  const model = await loadModel({ version: 'v1', bytes, inputWidth, provider: 'cpu' });
  await model.close();
}

/** A classifier as skl2onnx writes it by default: a label and a sequence of maps. */
function withZipMap(): Uint8Array {
  const float = onnx.TensorProto.DataType.FLOAT;
  const shape = { dim: [{ dimParam: 'n' }, { dimValue: 2 }] };
  const mapType = {
    keyType: onnx.TensorProto.DataType.INT64,
    valueType: { tensorType: { elemType: float } },
  };
  return onnx.ModelProto.encode({
    irVersion: 8,
    opsetImport: [
      { domain: '', version: 18 },
      { domain: 'ai.onnx.ml', version: 2 },
    ],
    graph: {
      name: 'zipmap',
      node: [
        {
          opType: 'ZipMap',
          domain: 'ai.onnx.ml',
          input: ['x'],
          output: ['probabilities'],
          attribute: [
            { name: 'classlabels_int64s', type: onnx.AttributeProto.AttributeType.INTS, ints: [0, 1] },
          ],
        },
      ],
      input: [{ name: 'x', type: { tensorType: { elemType: float, shape } } }],
      output: [{ name: 'probabilities', type: { sequenceType: { elemType: { mapType } } } }],
    },
  }).finish();
}

function identity(inputs: number, type: 'float32' | 'int64', dims: Array<number | string>): Uint8Array {
  const graph = new GraphBuilder('identity');
  for (let i = 0; i < inputs; i += 1) {
    graph.output(`y${i}`, graph.input(`x${i}`, type, dims), type, dims);
  }
  return graph.build();
}

t.test('the three output shapes are supported', async (t) => {
  for (const output of ['vector', 'column', 'pairs'] as const)
    await t.resolves(load(logistic(output)), output);
});

t.test('a model that cannot be served is rejected with a remedy', async (t) => {
  const cases: Array<[string, Uint8Array, number, RegExp]> = [
    ['ZipMap', withZipMap(), 2, /sequence or a map \(ZipMap\).*zipmap=False/],
    ['two inputs', identity(2, 'float32', ['n', 1]), 1, /2 inputs, not 1.*one tensor/],
    ['int64 input', identity(1, 'int64', ['n', 1]), 1, /x0 int64 \[n, 1\] is not float32/],
    ['another width', logistic('vector'), 4, /does not match the topology's 4 features.*in their order/],
    ['fixed rows', logistic('vector', 8), WIDTH, /fixed number of rows.*dynamic batch/],
    ['a flat input', identity(1, 'float32', ['n']), 1, /does not have 2 dimensions/],
    ['three scores per row', identity(1, 'float32', ['n', 3]), 3, /not one score per row/],
    ['a wrong output shape', lying(), WIDTH, /trial run failed/],
    [
      'no model',
      Buffer.from('not a model'),
      WIDTH,
      /the bytes are no ONNX model.*Check that it is an ONNX file/,
    ],
  ];
  for (const [name, bytes, width, message] of cases) {
    await t.rejects(load(bytes, width), { code: 'MODEL_INVALID', message, where: 'model v1' }, name);
  }
});

/** Returns each score twice. */
function lying(): Uint8Array {
  const graph = new GraphBuilder('lying');
  const input = graph.input('x', 'float32', ['n', WIDTH]);
  const mean = graph.op('ReduceMean', [input, graph.ints([1])], { keepdims: { int: 0 } });
  graph.output('score', graph.op('Concat', [mean, mean], { axis: { int: 0 } }), 'float32', ['m']);
  return graph.build();
}
