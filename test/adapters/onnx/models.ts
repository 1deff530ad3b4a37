// Small models with a known output.
import { GraphBuilder } from '../../../src/learning/graph-builder.ts';

export const WIDTH = 3;

/** sigmoid(x0 + 2 x1 + 3 x2 - 1) in the three supported output shapes. */
export function logistic(output: 'vector' | 'column' | 'pairs', rows: number | string = 'n'): Uint8Array {
  const graph = new GraphBuilder('logistic');
  const input = graph.input('x', 'float32', [rows, WIDTH]);
  const weight = graph.initializer('weight', {
    type: 'float32',
    data: Float32Array.of(1, 2, 3),
    dims: [WIDTH, 1],
  });
  const column = graph.op('Sigmoid', [
    graph.op('Sub', [graph.op('MatMul', [input, weight]), graph.scalar(1)]),
  ]);
  if (output === 'column') graph.output('score', column, 'float32', [rows, 1]);
  if (output === 'vector')
    graph.output('score', graph.op('Reshape', [column, graph.ints([-1])]), 'float32', [rows]);
  if (output === 'pairs') {
    const pairs = graph.op('Concat', [graph.op('Sub', [graph.scalar(1), column]), column], {
      axis: { int: 1 },
    });
    graph.output('label', graph.op('ArgMax', [pairs], { axis: { int: 1 }, keepdims: { int: 0 } }), 'int64', [
      rows,
    ]);
    graph.output('probabilities', pairs, 'float32', [rows, 2]);
  }
  return graph.build();
}

export function logisticOf(features: Float32Array, row: number): number {
  const [a, b, c] = features.subarray(row * WIDTH, row * WIDTH + WIDTH) as unknown as [
    number,
    number,
    number,
  ];
  return 1 / (1 + Math.exp(-(a + 2 * b + 3 * c - 1)));
}

/** Multiplies large matrices before it returns sigmoid(x0): `products` of 86 million multiplications each. */
export function slow(products: number): Uint8Array {
  const size = 440;
  const graph = new GraphBuilder('slow');
  const input = graph.input('x', 'float32', ['n', WIDTH]);
  const first = graph.op('Gather', [input, graph.ints([0])], { axis: { int: 1 } });
  const seed = graph.op('ReduceMean', [first], { keepdims: { int: 0 } });
  // Depends on the input, or the optimiser would compute it once.
  let matrix = graph.op('Expand', [seed, graph.ints([size, size])]);
  for (let i = 0; i < products; i += 1) {
    matrix = graph.op('Div', [graph.op('MatMul', [matrix, matrix]), graph.scalar(size)]);
  }
  const nothing = graph.op('Mul', [
    graph.op('ReduceMean', [matrix], { keepdims: { int: 0 } }),
    graph.scalar(0),
  ]);
  const score = graph.op('Sigmoid', [graph.op('Add', [first, nothing])]);
  graph.output('score', graph.op('Reshape', [score, graph.ints([-1])]), 'float32', ['n']);
  return graph.build();
}
