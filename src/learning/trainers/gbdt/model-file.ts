// Trees as an ONNX file (control path): raw features in, scores out.
import { GraphBuilder, type Value } from '../../graph-builder.ts';
import { nth } from '../../nth.ts';
import { addCategoryNumbers, addTreeEnsemble, type EnsembleTree } from '../../tree-ensemble.ts';
import type { BinnedFeature } from './binned-rows.ts';
import type { Boosted } from './boost.ts';
import type { CategoryColumn } from './categories.ts';
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
  /** One with all outputs of the link or, of values that are boosted apart, one for each. */
  readonly boosted: readonly Boosted[];
  readonly link: Link;
}

/** The model that serves: `features` [n, width] Float32 with NaN where missing, `score` [n] Float32, of K outputs [n, K]. */
export function buildModel({ width, features, categories, boosted, link }: ModelParts): Uint8Array {
  const graph = new GraphBuilder('millrace_gbdt');
  const raw = graph.input('features', 'float32', ['n', width]);
  // The trees read a category without a number as missing.
  const numbers = categories.map(({ column, values }) =>
    addCategoryNumbers(graph, raw, column, values, Number.NaN),
  );
  const inputs = [raw, ...numbers];
  const all = inputs.length === 1 ? raw : graph.op('Concat', inputs, { axis: { int: 1 } });
  const parts = boosted.map((one) => addSums(graph, all, one, features));
  const sums = parts.length === 1 ? nth(parts, 0) : graph.op('Concat', parts, { axis: { int: 1 } });
  const outputs = boosted.reduce((count, { start }) => count + start.length, 0);
  const scores = addLink(graph, link, sums);
  if (outputs === 1) graph.output('score', graph.op('Reshape', [scores, graph.ints([-1])]), 'float32', ['n']);
  else graph.output('score', scores, 'float32', ['n', outputs]);
  return graph.build();
}

/** What trees add up to, [n, outputs]. */
function addSums(
  graph: GraphBuilder,
  input: Value,
  { start, trees }: Boosted,
  features: readonly BinnedFeature[],
): Value {
  // An ensemble has a tree: one that adds nothing where no round was of use.
  const all = trees.length === 0 ? start.map(() => new Tree()) : trees.flat();
  return addTreeEnsemble(
    graph,
    input,
    start,
    all.map((tree) => ensembleTree(tree, features)),
  );
}

function addLink(graph: GraphBuilder, link: Link, sums: Value): Value {
  if (link.kind === 'softmax') return graph.op('Softmax', [sums], { axis: { int: 1 } });
  if (link.kind === 'sigmoid') return graph.op('Sigmoid', [sums]);
  return graph.op('Clip', [sums, graph.scalar(link.low), graph.scalar(link.high)]);
}

/** Bins as the thresholds that decide alike. */
function ensembleTree(tree: Tree, features: readonly BinnedFeature[]): EnsembleTree {
  const { missingLeft, lefts, rights, values } = tree;
  const decided = tree.features.map((index) => features[index]);
  return {
    columns: decided.map((feature) => feature?.column ?? -1),
    // Behind the last edge: every value there is goes left.
    thresholds: decided.map((feature, node) =>
      feature === undefined ? 0 : (feature.edges[tree.bins[node] as number] ?? Infinity),
    ),
    missingLeft,
    lefts,
    rights,
    values,
  };
}
