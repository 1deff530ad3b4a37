// A regression tree (hot path of training): flat arrays, a node each; node 0 is the root.
import { missingBin, shiftOf, type BinnedFeature, type BinnedRows } from './binned-rows.ts';
import type { Split } from './split.ts';

export class Tree {
  /** Index among the binned features; -1 for a leaf. */
  readonly features: number[] = [-1];
  /** The last bin that goes left. */
  readonly bins: number[] = [0];
  readonly missingLeft: boolean[] = [false];
  readonly lefts: number[] = [0];
  readonly rights: number[] = [0];
  /** Scores of leaves, Float32. */
  readonly values: number[] = [0];

  get leafCount(): number {
    return (this.features.length + 1) / 2;
  }

  /** Makes a leaf a node; its children are the two newest nodes. */
  split(leaf: number, { feature, bin, missingLeft }: Split): void {
    this.features[leaf] = feature;
    this.bins[leaf] = bin;
    this.missingLeft[leaf] = missingLeft;
    this.lefts[leaf] = this.features.length;
    this.rights[leaf] = this.features.length + 1;
    for (let child = 0; child < 2; child += 1) {
      this.features.push(-1);
      this.bins.push(0);
      this.missingLeft.push(false);
      this.lefts.push(0);
      this.rights.push(0);
      this.values.push(0);
    }
  }

  /** Adds the tree's score to scores[at + row] of the rows [from, to). */
  addTo(scores: Float64Array, at: number, binned: BinnedRows, from: number, to: number): void {
    const { values } = this;
    const count = values.length;
    const features = Int32Array.from(this.features);
    const words = this.features.map((feature) => binned.wordsOf(Math.max(0, feature)));
    const shifts = Int32Array.from(this.features, (feature) => shiftOf(Math.max(0, feature)));
    const bins = Int32Array.from(this.bins);
    const missing = Int32Array.from({ length: count }, (_, node) => this.#missingBin(node, binned.features));
    const missingLeft = Uint8Array.from(this.missingLeft, Number);
    const lefts = Int32Array.from(this.lefts);
    const rights = Int32Array.from(this.rights);
    for (let row = from; row < to; row += 1) {
      let node = 0;
      while ((features[node] as number) >= 0) {
        const word = (words[node] as Uint32Array)[row] as number;
        const bin = (word >>> (shifts[node] as number)) & 0xff;
        const goesLeft = bin === missing[node] ? missingLeft[node] === 1 : bin <= (bins[node] as number);
        node = (goesLeft ? lefts[node] : rights[node]) as number;
      }
      scores[at + row] = (scores[at + row] as number) + (values[node] as number);
    }
  }

  #missingBin(node: number, features: readonly BinnedFeature[]): number {
    const feature = features[this.features[node] as number];
    return feature === undefined ? -1 : missingBin(feature);
  }
}
