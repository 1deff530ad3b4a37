// Trees as an ONNX file (control path): raw features in, scores out.
import { GraphBuilder, type Value } from '../../graph-builder.ts';
import type { BinnedFeature } from './binned-rows.ts';
import type { Boosted } from './boost.ts';
import { MISSING_CODE, type CategoryColumn } from './categories.ts';
import { Tree } from './tree.ts';

/** What becomes of the trees' sums: a probability, one of each class, or a value that the task allows. */
export type Link =
  | { readonly kind: 'sigmoid' }
  | { readonly kind: 'softmax' }
  | { readonly kind: 'clip'; readonly low: number; readonly high: number };

export interface ModelParts {
  /** Of a raw row. */
  readonly width: number;
  readonly features: readonly BinnedFeature[];
  readonly categories: readonly CategoryColumn[];
  readonly boosted: Boosted;
  readonly link: Link;
}

/** The model that serves: `features` [n, width] Float32 with NaN where missing, `score` [n] Float32, of classes [n, K]. */
export function buildModel({ width, features, categories, boosted, link }: ModelParts): Uint8Array {
  const graph = new GraphBuilder('millrace_gbdt');
  const raw = graph.input('features', 'float32', ['n', width]);
  const inputs = [raw, ...categories.map((category) => addCategory(graph, raw, category))];
  const all = inputs.length === 1 ? raw : graph.op('Concat', inputs, { axis: { int: 1 } });
  const sums = addEnsemble(graph, all, features, boosted);
  if (link.kind === 'softmax') {
    const shares = graph.op('Softmax', [sums], { axis: { int: 1 } });
    graph.output('score', shares, 'float32', ['n', boosted.start.length]);
    return graph.build();
  }
  const scores =
    link.kind === 'sigmoid'
      ? graph.op('Sigmoid', [sums])
      : graph.op('Clip', [sums, graph.scalar(link.low), graph.scalar(link.high)]);
  graph.output('score', graph.op('Reshape', [scores, graph.ints([-1])]), 'float32', ['n']);
  return graph.build();
}

/** The category's number; NaN, which the trees read as missing, for one without. */
function addCategory(graph: GraphBuilder, raw: Value, { column, values }: CategoryColumn): Value {
  const code = graph.op('Gather', [raw, graph.ints([column])], { axis: { int: 1 } });
  const known = graph.op('Where', [graph.op('IsNaN', [code]), graph.scalar(MISSING_CODE), code]);
  const attributes = {
    // There may be no category, and an attribute may not be empty: no code is -2.
    keys_floats: { floats: [-2, ...values.keys()] },
    values_floats: { floats: [Number.NaN, ...values.values()] },
    default_float: { float: Number.NaN },
  };
  return graph.op('LabelEncoder', [known], attributes, 'ai.onnx.ml');
}

function addEnsemble(
  graph: GraphBuilder,
  input: Value,
  features: readonly BinnedFeature[],
  { start, trees }: Boosted,
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
  // An ensemble has a tree: one that adds nothing where no round was of use.
  const rounds = trees.length === 0 ? [start.map(() => new Tree())] : trees;
  for (const [at, tree] of rounds.flat().entries()) {
    for (const [node, index] of tree.features.entries()) {
      const feature = features[index];
      nodes.tree.push(at);
      nodes.node.push(node);
      nodes.feature.push(feature?.column ?? 0);
      nodes.true.push(tree.lefts[node] as number);
      nodes.false.push(tree.rights[node] as number);
      nodes.missing.push(tree.missingLeft[node] === true ? 1 : 0);
      // Behind the last edge: every value there is goes left.
      nodes.threshold.push(
        feature === undefined ? 0 : (feature.edges[tree.bins[node] as number] ?? Infinity),
      );
      modes.push(feature === undefined ? 'LEAF' : 'BRANCH_LEQ');
      if (feature !== undefined) continue;
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
