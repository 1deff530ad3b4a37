// Trees as an ONNX file (control path): raw features in, scores out.
import { GraphBuilder } from '../../graph-builder.ts';
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
  readonly boosted: Boosted;
  readonly link: Link;
}

/** The model that serves: `features` [n, width] Float32 with NaN where missing, `score` [n] Float32, of classes [n, K]. */
export function buildModel({ width, features, categories, boosted, link }: ModelParts): Uint8Array {
  const graph = new GraphBuilder('millrace_gbdt');
  const raw = graph.input('features', 'float32', ['n', width]);
  // The trees read a category without a number as missing.
  const numbers = categories.map(({ column, values }) =>
    addCategoryNumbers(graph, raw, column, values, Number.NaN),
  );
  const inputs = [raw, ...numbers];
  const all = inputs.length === 1 ? raw : graph.op('Concat', inputs, { axis: { int: 1 } });
  // An ensemble has a tree: one that adds nothing where no round was of use.
  const trees = boosted.trees.length === 0 ? boosted.start.map(() => new Tree()) : boosted.trees.flat();
  const own = trees.map((tree) => ensembleTree(tree, features));
  const sums = addTreeEnsemble(graph, all, boosted.start, own);
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
