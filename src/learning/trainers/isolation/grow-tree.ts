// One tree of an isolation forest (control path): split at random until each row is alone.
import type { Random } from '../../../stats/random.ts';
import type { EnsembleTree } from '../../tree-ensemble.ts';

/** A tree whose leaves have depths: splits to a leaf, and those that its rows would still take. */
export interface IsolationTree extends EnsembleTree {
  readonly columns: number[];
  readonly thresholds: number[];
  readonly missingLeft: boolean[];
  readonly lefts: number[];
  readonly rights: number[];
  readonly values: number[];
}

/** Row-major values, NaN where missing. */
export interface Rows {
  readonly values: Float32Array;
  readonly width: number;
}

const EULER = 0.577_215_664_901_532_9;

/** Mean depth at which a row of `count` is alone: that of an unsuccessful search in a binary search tree (Liu et al., equation 1). */
export function meanDepth(count: number): number {
  if (count <= 1) return 0;
  if (count === 2) return 1;
  return 2 * (Math.log(count - 1) + EULER) - (2 * (count - 1)) / count;
}

const FLOAT32_BITS = 24;

/** Depths are multiples of it, so that a sum over all trees is exact in Float32: rows of equal depth score alike anywhere. */
function unitOf(treeCount: number, rows: number): number {
  const deepest = Math.ceil(Math.log2(Math.max(2, rows))) + meanDepth(rows);
  return 2 ** (Math.ceil(Math.log2(treeCount * deepest)) - FLOAT32_BITS);
}

class Grower {
  readonly tree: IsolationTree = {
    columns: [],
    thresholds: [],
    missingLeft: [],
    lefts: [],
    rights: [],
    values: [],
  };
  readonly #rows: Rows;
  readonly #sample: Int32Array;
  readonly #depthMax: number;
  readonly #random: Random;
  readonly #unit: number;

  constructor(rows: Rows, sample: Int32Array, treeCount: number, random: Random) {
    this.#rows = rows;
    this.#unit = unitOf(treeCount, sample.length);
    this.#sample = sample;
    // What is isolated by then is anomalous; the others may stay together.
    this.#depthMax = Math.ceil(Math.log2(Math.max(2, sample.length)));
    this.#random = random;
  }

  /** A node of the sample's [from, to). Returns its number. */
  grow(from: number, to: number, depth: number): number {
    const { columns, thresholds, missingLeft, lefts, rights, values } = this.tree;
    const node = columns.push(-1) - 1;
    thresholds.push(0);
    missingLeft.push(false);
    lefts.push(0);
    rights.push(0);
    values.push(this.#rounded(depth + meanDepth(to - from)));
    const split = depth >= this.#depthMax || to - from < 2 ? null : this.#split(from, to);
    if (split === null) return node;
    columns[node] = split.column;
    thresholds[node] = split.threshold;
    missingLeft[node] = split.missingLeft;
    const middle = this.#partition(from, to, split);
    lefts[node] = this.grow(from, middle, depth + 1);
    rights[node] = this.grow(middle, to, depth + 1);
    return node;
  }

  #rounded(depth: number): number {
    return Math.round(depth / this.#unit) * this.#unit;
  }

  /** Null if the rows are all alike. A column is drawn among those that tell some apart. */
  #split(
    from: number,
    to: number,
  ): { readonly column: number; readonly threshold: number; readonly missingLeft: boolean } | null {
    const { width } = this.#rows;
    const order = Int32Array.from({ length: width }, (_, i) => i);
    for (let left = width; left > 0; left -= 1) {
      const at = this.#random.nextInt(left);
      const column = order[at] as number;
      order[at] = order[left - 1] as number;
      const [low, high, hasMissing] = this.#rangeOf(column, from, to);
      const isSplit = low < high || (hasMissing && low <= high);
      if (!isSplit) continue;
      const missingLeft = this.#random.nextInt(2) === 0;
      // Of one value and missing ones: the missing go to the right.
      if (low === high) return { column, threshold: low, missingLeft: false };
      const threshold = Math.fround(low + this.#random.nextDouble() * (high - low));
      return { column, threshold: threshold < high ? threshold : low, missingLeft };
    }
    return null;
  }

  #rangeOf(
    column: number,
    from: number,
    to: number,
  ): readonly [low: number, high: number, hasMissing: boolean] {
    const { values, width } = this.#rows;
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    let hasMissing = false;
    for (let i = from; i < to; i += 1) {
      const value = values[(this.#sample[i] as number) * width + column] as number;
      if (Number.isNaN(value)) hasMissing = true;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    return [low, high, hasMissing];
  }

  #partition(
    from: number,
    to: number,
    split: { readonly column: number; readonly threshold: number; readonly missingLeft: boolean },
  ): number {
    const { values, width } = this.#rows;
    const sample = this.#sample;
    let middle = from;
    for (let i = from; i < to; i += 1) {
      const row = sample[i] as number;
      const value = values[row * width + split.column] as number;
      if (!(Number.isNaN(value) ? split.missingLeft : value <= split.threshold)) continue;
      sample[i] = sample[middle] as number;
      sample[middle++] = row;
    }
    return middle;
  }
}

/** @param sample rows that the tree is grown from; reordered. @param treeCount trees whose depths will be summed */
export function growTree(rows: Rows, sample: Int32Array, treeCount: number, random: Random): IsolationTree {
  const grower = new Grower(rows, sample, treeCount, random);
  grower.grow(0, sample.length, 0);
  return grower.tree;
}

/** Depth of a row: fewer splits isolate an anomaly. */
export function depthOf(tree: IsolationTree, { values, width }: Rows, row: number): number {
  let node = 0;
  for (let column = tree.columns[0] as number; column >= 0; column = tree.columns[node] as number) {
    const value = values[row * width + column] as number;
    const goesLeft = Number.isNaN(value)
      ? tree.missingLeft[node]
      : value <= (tree.thresholds[node] as number);
    node = (goesLeft === true ? tree.lefts[node] : tree.rights[node]) as number;
  }
  return tree.values[node] as number;
}
