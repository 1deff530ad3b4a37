// Networks of any size for the scoring bench: a missing value counts as zero, then layers with ReLU, then a sigmoid.
import { GraphBuilder } from '../../src/learning/graph-builder.ts';
import { Random } from '../../src/stats/random.ts';

export interface Shape {
  readonly inputs: number;
  readonly hidden: readonly number[];
}

export function shapeName({ inputs, hidden }: Shape): string {
  return [inputs, ...hidden, 1].join('-');
}

export function network({ inputs, hidden }: Shape): Uint8Array {
  const graph = new GraphBuilder('network');
  const random = new Random(1);
  const parameters = (name: string, dims: readonly number[], limit: number): string => {
    const length = dims.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length }, () => limit * (2 * random.nextDouble() - 1));
    return graph.initializer(name, { type: 'float32', data, dims });
  };
  const x = graph.input('features', 'float32', ['rows', inputs]);
  let value = graph.op('Where', [graph.op('IsNaN', [x]), graph.scalar(0), x]);
  let width = inputs;
  for (const [layer, next] of [...hidden, 1].entries()) {
    // A layer's values are about as large as its inputs (He et al. 2015, https://arxiv.org/abs/1502.01852).
    const weights = parameters(`weights${layer}`, [width, next], Math.sqrt(6 / width));
    const biases = parameters(`biases${layer}`, [next], 0.1);
    const sum = graph.op('Add', [graph.op('MatMul', [value, weights]), biases]);
    value = graph.op(next === 1 ? 'Sigmoid' : 'Relu', [sum]);
    width = next;
  }
  graph.output('score', graph.op('Reshape', [value, graph.ints([-1])]), 'float32', ['rows']);
  return graph.build();
}
