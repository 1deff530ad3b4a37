// Grows a tree leaf by leaf (hot path of training): the leaf whose split gains most is split next, as in LightGBM (Ke et al.,
// 2017), until there are enough leaves.
import { missingBin, shiftOf, type BinnedFeature, type BinnedRows } from './binned-rows.ts';
import type { Gradients } from './gradients.ts';
import {
  fillHistogram,
  histogramLayout,
  subtractHistogram,
  type Histogram,
  type HistogramLayout,
  type Ordered,
} from './histogram.ts';
import { SplitFinder, type LeafSums, type Split, type SplitRules } from './split.ts';
import { Tree } from './tree.ts';

export interface TreeRules extends SplitRules {
  readonly leavesMax: number;
  /** Splits from the root to a leaf, at most; null for any number. */
  readonly depthMax: number | null;
  readonly learningRate: number;
}

/** A leaf under way: rows `order[from]` to `order[to - 1]`. */
interface Leaf extends LeafSums {
  readonly node: number;
  readonly from: number;
  readonly to: number;
  readonly depth: number;
  /** Null for a leaf that stays one. */
  readonly next: { readonly histogram: Histogram; readonly split: Split } | null;
}

/** A tree, with the rows that it was fitted to by leaf. */
export interface Grown {
  readonly tree: Tree;
  readonly leaves: ReadonlyArray<{ readonly node: number; readonly from: number; readonly to: number }>;
}

/** Grows the trees of one fit; what it allocates is used again by each. */
export class Grower {
  readonly #binned: BinnedRows;
  readonly #rules: TreeRules;
  readonly #gradients: Gradients;
  readonly #layout: HistogramLayout;
  readonly #finder: SplitFinder;
  readonly #ordered: Ordered;
  readonly #aside: Uint32Array;
  readonly #free: Histogram[] = [];

  constructor(binned: BinnedRows, rules: TreeRules, gradients: Gradients, rowsMax: number) {
    this.#binned = binned;
    this.#rules = rules;
    this.#gradients = gradients;
    this.#layout = histogramLayout(binned.features);
    this.#finder = new SplitFinder(binned.features, this.#layout.offsets, rules, gradients);
    this.#ordered = { first: new Float64Array(rowsMax), second: new Float64Array(rowsMax) };
    this.#aside = new Uint32Array(rowsMax);
  }

  /**
   * @param order the rows to fit, ascending; afterwards those of each leaf are together
   * @param chosen features to split by
   */
  grow(order: Uint32Array, chosen: Int32Array): Grown {
    const tree = new Tree();
    const leaves = [this.#root(order, chosen)];
    while (leaves.length < this.#rules.leavesMax) {
      const best = leaves.reduce((most, leaf, i) => (gainOf(leaf) > gainOf(leaves[most]) ? i : most), 0);
      const leaf = leaves[best] as Leaf;
      if (leaf.next === null) break;
      const isLast = leaves.length + 1 === this.#rules.leavesMax;
      const [left, right] = this.#split(tree, leaf, leaf.next, order, isLast ? null : chosen);
      leaves[best] = left;
      leaves.push(right);
    }
    for (const leaf of leaves) {
      const value = this.#rules.learningRate * this.#finder.valueOf(leaf.first, leaf.second, leaf);
      tree.values[leaf.node] = Math.fround(value);
      if (leaf.next !== null) this.#free.push(leaf.next.histogram);
    }
    return { tree, leaves };
  }

  #root(order: Uint32Array, chosen: Int32Array): Leaf {
    let first = 0;
    let second = 0;
    for (const row of order) {
      first += this.#gradients.first[row] as number;
      second += this.#gradients.second[row] as number;
    }
    const leaf = {
      first,
      second,
      low: -Infinity,
      high: Infinity,
      node: 0,
      from: 0,
      to: order.length,
      depth: 0,
    };
    return this.#leaf({ ...leaf, next: null }, this.#histogram(order, 0, order.length), chosen);
  }

  /** @param chosen null where the children stay leaves */
  #split(
    tree: Tree,
    leaf: Leaf,
    { split, histogram: parent }: NonNullable<Leaf['next']>,
    order: Uint32Array,
    chosen: Int32Array | null,
  ): [Leaf, Leaf] {
    tree.split(leaf.node, split);
    const middle = this.#partition(split, order, leaf);
    const [left, right] = this.#children(tree, leaf, split, middle);
    if (chosen === null || !(this.#maySplit(left) || this.#maySplit(right))) {
      this.#free.push(parent);
      return [left, right];
    }
    const isLeftSmaller = middle - leaf.from <= leaf.to - middle;
    const smaller = isLeftSmaller ? left : right;
    const own = this.#histogram(order, smaller.from, smaller.to);
    subtractHistogram(parent, own);
    return [
      this.#leaf(left, isLeftSmaller ? own : parent, chosen),
      this.#leaf(right, isLeftSmaller ? parent : own, chosen),
    ];
  }

  #children(tree: Tree, leaf: Leaf, { feature, first, second }: Split, middle: number): [Leaf, Leaf] {
    const { low, high, depth } = leaf;
    const rest = { first: leaf.first - first, second: leaf.second - second };
    const child = { low, high, depth: depth + 1, next: null };
    const left = {
      ...child,
      first,
      second,
      node: tree.lefts[leaf.node] as number,
      from: leaf.from,
      to: middle,
    };
    const right = { ...child, ...rest, node: tree.rights[leaf.node] as number, from: middle, to: leaf.to };
    const { monotone } = this.#binned.features[feature] as BinnedFeature;
    if (monotone === 0) return [left, right];
    // Neither child, nor what becomes of it, crosses the middle of the two.
    const valueOf = (side: LeafSums): number => this.#finder.valueOf(side.first, side.second, leaf);
    const between = (valueOf(left) + valueOf(right)) / 2;
    return monotone > 0
      ? [
          { ...left, high: between },
          { ...right, low: between },
        ]
      : [
          { ...left, low: between },
          { ...right, high: between },
        ];
  }

  #maySplit({ from, to, depth }: Leaf): boolean {
    const { depthMax, leafRowsMin } = this.#rules;
    return to - from >= 2 * leafRowsMin && (depthMax === null || depth < depthMax);
  }

  /** The leaf with its best split, for which it keeps the histogram. */
  #leaf(leaf: Leaf, histogram: Histogram, chosen: Int32Array): Leaf {
    const split = this.#maySplit(leaf) ? this.#finder.best(histogram, leaf, chosen) : null;
    if (split !== null) return { ...leaf, next: { histogram, split } };
    this.#free.push(histogram);
    return leaf;
  }

  #histogram(order: Uint32Array, from: number, to: number): Histogram {
    const into = this.#free.pop() ?? new Float64Array(this.#layout.length);
    fillHistogram(into, this.#layout, this.#binned, this.#gradients, order, from, to, this.#ordered);
    return into;
  }

  /** Puts the rows that go left before the others, both in their order; returns where the others begin. */
  #partition(split: Split, order: Uint32Array, { from, to }: Leaf): number {
    const feature = this.#binned.features[split.feature] as BinnedFeature;
    const words = this.#binned.wordsOf(split.feature);
    const shift = shiftOf(split.feature);
    const missing = missingBin(feature);
    const { bin: last, missingLeft } = split;
    const aside = this.#aside;
    let middle = from;
    let others = 0;
    for (let i = from; i < to; i += 1) {
      const row = order[i] as number;
      const bin = ((words[row] as number) >>> shift) & 0xff;
      const goesLeft = bin === missing ? missingLeft : bin <= last;
      if (goesLeft) {
        order[middle] = row;
        middle += 1;
      } else {
        aside[others] = row;
        others += 1;
      }
    }
    order.set(aside.subarray(0, others), middle);
    return middle;
  }
}

function gainOf(leaf: Leaf | undefined): number {
  return leaf?.next?.split.gain ?? -1;
}
