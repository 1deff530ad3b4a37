// A fixed model for tests, made of operations whose result does not depend on the rows beside a row, so that a score is the
// same to the last bit in whatever batch it is computed.
import { GraphBuilder } from '../../src/learning/graph-builder.ts';

/** Softsign of a weighted sum, as a share; a missing feature counts as zero. */
export function softsignModel(weights: Float32Array): Uint8Array {
  const graph = new GraphBuilder('fixed');
  const x = graph.input('features', 'float32', ['rows', weights.length]);
  const known = graph.op('Where', [graph.op('IsNaN', [x]), graph.scalar(0), x]);
  const weighted = graph.op('Mul', [known, graph.floats(weights)]);
  // Column by column: the order in which a reduction adds depends on where a row begins in memory.
  const columns = Array.from(weights, (_, i) =>
    graph.op('Gather', [weighted, graph.ints([i])], { axis: { int: 1 } }),
  );
  const total = columns.reduce((sum, column) => graph.op('Add', [sum, column]));
  const sum = graph.op('Squeeze', [total, graph.ints([1])]);
  const half = graph.op('Mul', [graph.op('Softsign', [sum]), graph.scalar(0.5)]);
  graph.output('score', graph.op('Add', [half, graph.scalar(0.5)]), 'float32', ['rows']);
  return graph.build();
}
