// Trees and lookups of categories in an ONNX graph (control path): what all trainers of trees share.
import { MISSING_CODE } from './category-code.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';

/** Flat arrays, a node each; node 0 is the root. */
export interface EnsembleTree {
  /** Column of the input that decides; -1 for a leaf. */
  readonly columns: readonly number[];
  /** Rows whose value is at most this go left: Float32. */
  readonly thresholds: readonly number[];
  readonly missingLeft: readonly boolean[];
  readonly lefts: readonly number[];
  readonly rights: readonly number[];
  /** What a leaf adds, Float32. */
  readonly values: readonly number[];
}

/**
 * Adds the sums of trees: [n, outputs] Float32 of an input [n, width] Float32 with NaN where missing.
 * @param start of each output
 * @param trees one at least; tree `i` adds to output `i % start.length`
 */
export function addTreeEnsemble(
  graph: GraphBuilder,
  input: Value,
  start: readonly number[],
  trees: readonly EnsembleTree[],
): Value {
  const nodes: Record<'tree' | 'node' | 'feature' | 'true' | 'false' | 'missing' | 'threshold', number[]> = {
    tree: [],
    node: [],
    feature: [],
    true: [],
    false: [],
    missing: [],
    threshold: [],
  };
  const modes: string[] = [];
  const targets: Record<'tree' | 'node' | 'output' | 'score', number[]> = {
    tree: [],
    node: [],
    output: [],
    score: [],
  };
  for (const [at, tree] of trees.entries()) {
    for (const [node, column] of tree.columns.entries()) {
      const isLeaf = column < 0;
      nodes.tree.push(at);
      nodes.node.push(node);
      nodes.feature.push(Math.max(0, column));
      nodes.true.push(tree.lefts[node] as number);
      nodes.false.push(tree.rights[node] as number);
      nodes.missing.push(tree.missingLeft[node] === true ? 1 : 0);
      nodes.threshold.push(tree.thresholds[node] as number);
      modes.push(isLeaf ? 'LEAF' : 'BRANCH_LEQ');
      if (!isLeaf) continue;
      targets.tree.push(at);
      targets.node.push(node);
      targets.output.push(at % start.length);
      targets.score.push(tree.values[node] as number);
    }
  }
  const attributes = {
    n_targets: { int: start.length },
    aggregate_function: { string: 'SUM' },
    post_transform: { string: 'NONE' },
    base_values: { floats: start },
    nodes_treeids: { ints: nodes.tree },
    nodes_nodeids: { ints: nodes.node },
    nodes_featureids: { ints: nodes.feature },
    nodes_modes: { strings: modes },
    nodes_values: { floats: nodes.threshold },
    nodes_truenodeids: { ints: nodes.true },
    nodes_falsenodeids: { ints: nodes.false },
    nodes_missing_value_tracks_true: { ints: nodes.missing },
    target_treeids: { ints: targets.tree },
    target_nodeids: { ints: targets.node },
    target_ids: { ints: targets.output },
    target_weights: { floats: targets.score },
  };
  return graph.op('TreeEnsembleRegressor', [input], attributes, 'ai.onnx.ml');
}

/** No code: there may be no category, and an attribute may not be empty. */
const NO_CODE = -2;

/** Adds the numbers of a categorical column, [n, 1] Float32. @param otherwise of a code that is not among the values */
export function addCategoryNumbers(
  graph: GraphBuilder,
  input: Value,
  column: number,
  values: ReadonlyMap<number, number>,
  otherwise: number,
): Value {
  const code = graph.op('Gather', [input, graph.ints([column])], { axis: { int: 1 } });
  const known = graph.op('Where', [graph.op('IsNaN', [code]), graph.scalar(MISSING_CODE), code]);
  const attributes = {
    keys_floats: { floats: [NO_CODE, ...values.keys()] },
    values_floats: { floats: [otherwise, ...values.values()] },
    default_float: { float: otherwise },
  };
  return graph.op('LabelEncoder', [known], attributes, 'ai.onnx.ml');
}
