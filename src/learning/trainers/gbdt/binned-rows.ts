// Rows as bins (hot path of training): four features in a word, so that a histogram reads a row's memory once for four.

/** A feature that trees may split by. */
export interface BinnedFeature {
  /** Its column where the trees read: the raw features, then the categories as numbers. */
  readonly column: number;
  /** See binEdges. */
  readonly edges: Float32Array;
  /** Whether values miss in a training row: these have the bin behind the last. */
  readonly hasMissing: boolean;
  /** +1 where the score must not fall as the feature rises, -1 where it must not rise, 0 for either. */
  readonly monotone: -1 | 0 | 1;
}

export const FEATURES_PER_WORD = 4;

/** The bin of missing values. */
export function missingBin({ edges }: BinnedFeature): number {
  return edges.length + 1;
}

/** Rows as bins of the features, in their order. */
export class BinnedRows {
  readonly features: readonly BinnedFeature[];
  readonly rowCount: number;
  /** For each four features, a word for each row. */
  readonly words: readonly Uint32Array[];

  constructor(features: readonly BinnedFeature[], rowCount: number) {
    this.features = features;
    this.rowCount = rowCount;
    const count = Math.ceil(features.length / FEATURES_PER_WORD);
    this.words = Array.from({ length: count }, () => new Uint32Array(rowCount));
  }

  /** Bins the values of feature `index` of every row: values[at], values[at + stride], ... */
  fill(index: number, values: Float32Array, at: number, stride: number): void {
    const { edges } = this.features[index] as BinnedFeature;
    const words = this.wordsOf(index);
    const shift = shiftOf(index);
    const missing = edges.length + 1;
    for (let row = 0, from = at; row < this.rowCount; row += 1, from += stride) {
      const value = values[from] as number;
      const bin = Number.isNaN(value) ? missing : binOf(edges, value);
      words[row] = (words[row] as number) | (bin << shift);
    }
  }

  wordsOf(index: number): Uint32Array {
    return this.words[index >> 2] as Uint32Array;
  }
}

/** Bits to shift a word right by for the bin of a feature. */
export function shiftOf(index: number): number {
  return (index & (FEATURES_PER_WORD - 1)) << 3;
}

/** The number of edges below the value. */
function binOf(edges: Float32Array, value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
