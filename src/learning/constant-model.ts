// A model that gives every row the same outputs (control path): the task's baseline as a candidate.
import { GraphBuilder } from './graph-builder.ts';

/** @param outputs a score, or the probabilities of several classes @param width features of a row */
export function constantModel(outputs: ArrayLike<number>, width: number): Uint8Array {
  const graph = new GraphBuilder('constant_model');
  const features = graph.input('features', 'float32', ['n', width]);
  const rows = graph.op('Slice', [graph.op('Shape', [features]), graph.ints([0]), graph.ints([1])]);
  const count = outputs.length;
  if (count === 1)
    graph.output('score', graph.op('Expand', [graph.scalar(outputs[0] as number), rows]), 'float32', ['n']);
  else {
    const dims = graph.op('Concat', [rows, graph.ints([count])], { axis: { int: 0 } });
    graph.output('score', graph.op('Expand', [graph.floats(outputs), dims]), 'float32', ['n', count]);
  }
  return graph.build();
}
