// A model that gives every row one score (control path): the task's baseline as a candidate.
import { GraphBuilder } from './graph-builder.ts';

/** @param width features of a row */
export function constantModel(score: number, width: number): Uint8Array {
  const graph = new GraphBuilder('constant_model');
  const features = graph.input('features', 'float32', ['n', width]);
  const rows = graph.op('Slice', [graph.op('Shape', [features]), graph.ints([0]), graph.ints([1])]);
  graph.output('score', graph.op('Expand', [graph.scalar(score), rows]), 'float32', ['n']);
  return graph.build();
}
