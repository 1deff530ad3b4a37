// A model of any size that scores quickly (control path): one row of a large table is read for each event.
import { open } from 'node:fs/promises';
import { GraphBuilder } from '../../src/learning/graph-builder.ts';

const VALUES_A_ROW = 16;
const MIB = 1_048_576;

/** A graph of about so many MiB over `width` features. @param seed of its table: other bytes, and other scores */
export function embeddingModel(width: number, mebibytes: number, seed: number): Uint8Array {
  const rows = Math.max(1, Math.floor((mebibytes * MIB) / (4 * VALUES_A_ROW)));
  const table = new Float32Array(rows * VALUES_A_ROW);
  let state = seed;
  for (let i = 0; i < table.length; i += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0; // Numerical Recipes
    table[i] = state / 0x1_0000_0000 - 0.5;
  }
  const graph = new GraphBuilder('embedding');
  const input = graph.input('features', 'float32', ['n', width]);
  const known = graph.op('Where', [graph.op('IsNaN', [input]), graph.scalar(0), input]);
  const sum = graph.op('ReduceSum', [graph.op('Abs', [known]), graph.ints([1])], { keepdims: { int: 0 } });
  const row = graph.op('Mod', [sum, graph.scalar(rows)], { fmod: { int: 1 } });
  const index = graph.op('Cast', [row], { to: { int: 7 } }); // int64
  const weights = graph.initializer('table', { type: 'float32', data: table, dims: [rows, VALUES_A_ROW] });
  const picked = graph.op('Gather', [weights, index], { axis: { int: 0 } });
  const logit = graph.op('ReduceSum', [picked, graph.ints([1])], { keepdims: { int: 0 } });
  graph.output('score', graph.op('Sigmoid', [logit]), 'float32', ['n']);
  return graph.build();
}

/** In slices, as one write of 2 GiB fails. */
export async function writeModel(path: string, model: Uint8Array): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(model);
  } finally {
    await file.close();
  }
}
