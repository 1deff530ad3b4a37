// An isolation forest as an ONNX file (control path): raw features in, shares of less anomalous rows out.
import { GraphBuilder, type Value } from '../../graph-builder.ts';
import { addCategoryNumbers, addTreeEnsemble, type EnsembleTree } from '../../tree-ensemble.ts';
import type { Rarity } from './rarity.ts';
import type { ScoreLevels } from './score-levels.ts';

export interface ModelParts {
  /** Of a raw row. */
  readonly width: number;
  readonly rarities: readonly Rarity[];
  readonly trees: readonly EnsembleTree[];
  readonly levels: ScoreLevels;
}

/** The model that serves: `features` [n, width] Float32 with NaN where missing, `score` [n] Float32 from 0 to 1. */
export function buildModel({ width, rarities, trees, levels }: ModelParts): Uint8Array {
  const graph = new GraphBuilder('millrace_isolation_forest');
  const raw = graph.input('features', 'float32', ['n', width]);
  // Infinities count as missing: no range of a column contains them.
  const finite = graph.op('Where', [graph.op('IsInf', [raw]), graph.scalar(Number.NaN), raw]);
  const depths = addTreeEnsemble(graph, withRarities(graph, finite, width, rarities), [0], trees);
  const below = graph.op('Less', [depths, graph.floats(levels.edges)]);
  const counts = graph.op('ReduceSum', [graph.op('Cast', [below], { to: { int: 7 } }), graph.ints([1])], {
    keepdims: { int: 0 },
  });
  graph.output('score', graph.op('Gather', [graph.floats(levels.scores), counts]), 'float32', ['n']);
  return graph.build();
}

/** The columns with the numbers of categories in their places. */
function withRarities(graph: GraphBuilder, input: Value, width: number, rarities: readonly Rarity[]): Value {
  if (rarities.length === 0) return input;
  const parts: Value[] = [];
  let from = 0;
  const others = (to: number): void => {
    if (to > from)
      parts.push(graph.op('Slice', [input, graph.ints([from]), graph.ints([to]), graph.ints([1])]));
  };
  for (const { column, bits, otherBits } of rarities) {
    others(column);
    parts.push(addCategoryNumbers(graph, input, column, bits, otherBits));
    from = column + 1;
  }
  others(width);
  return parts.length === 1 ? (parts[0] as Value) : graph.op('Concat', parts, { axis: { int: 1 } });
}
