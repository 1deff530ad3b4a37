// Histograms of gradients by bin (hot path of training): for each bin of each feature the two sums of the rows in it.
import { FEATURES_PER_WORD, missingBin, type BinnedFeature, type BinnedRows } from './binned-rows.ts';
import type { Gradients } from './gradients.ts';

/** Sums of `first` and `second` of the Gradients, in turns. */
export type Histogram = Float64Array;

/** Where the sums of each feature are. */
export interface HistogramLayout {
  /** Of bin 0, by feature. */
  readonly offsets: Int32Array;
  readonly length: number;
}

export function histogramLayout(features: readonly BinnedFeature[]): HistogramLayout {
  // The last word may have room for more features: the sums of these go to one bin behind all others.
  const slots = Math.ceil(features.length / FEATURES_PER_WORD) * FEATURES_PER_WORD;
  const offsets = new Int32Array(slots);
  let at = 0;
  for (let i = 0; i < slots; i += 1) {
    offsets[i] = at;
    const feature = features[i];
    if (feature !== undefined) at += 2 * (missingBin(feature) + 1);
  }
  return { offsets, length: at + 2 };
}

/** Room for the gradients of a leaf's rows in their order. */
export interface Ordered {
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/** Fills `into` with the sums of the rows `order[from]` to `order[to - 1]`. */
export function fillHistogram(
  into: Histogram,
  layout: HistogramLayout,
  binned: BinnedRows,
  gradients: Gradients,
  order: Uint32Array,
  from: number,
  to: number,
  ordered: Ordered,
): void {
  into.fill(0);
  gather(gradients, order, from, to, ordered);
  const { offsets } = layout;
  for (let word = 0, slot = 0; word < binned.words.length; word += 1, slot += FEATURES_PER_WORD)
    addWord(
      into,
      binned.words[word] as Uint32Array,
      order.subarray(from, to),
      ordered.first,
      ordered.second,
      offsets[slot] as number,
      offsets[slot + 1] as number,
      offsets[slot + 2] as number,
      offsets[slot + 3] as number,
    );
}

function gather(gradients: Gradients, order: Uint32Array, from: number, to: number, into: Ordered): void {
  const { first, second } = gradients;
  for (let i = from, k = 0; i < to; i += 1, k += 1) {
    const row = order[i] as number;
    into.first[k] = first[row] as number;
    into.second[k] = second[row] as number;
  }
}

function addWord(
  into: Histogram,
  words: Uint32Array,
  rows: Uint32Array,
  first: Float64Array,
  second: Float64Array,
  offset0: number,
  offset1: number,
  offset2: number,
  offset3: number,
): void {
  const count = rows.length;
  for (let i = 0; i < count; i += 1) {
    const word = words[rows[i] as number] as number;
    const g = first[i] as number;
    const h = second[i] as number;
    const at0 = offset0 + ((word << 1) & 0x1fe);
    const at1 = offset1 + ((word >>> 7) & 0x1fe);
    const at2 = offset2 + ((word >>> 15) & 0x1fe);
    const at3 = offset3 + ((word >>> 23) & 0x1fe);
    into[at0] = (into[at0] as number) + g;
    into[at0 + 1] = (into[at0 + 1] as number) + h;
    into[at1] = (into[at1] as number) + g;
    into[at1 + 1] = (into[at1 + 1] as number) + h;
    into[at2] = (into[at2] as number) + g;
    into[at2 + 1] = (into[at2 + 1] as number) + h;
    into[at3] = (into[at3] as number) + g;
    into[at3 + 1] = (into[at3 + 1] as number) + h;
  }
}

/** Makes the parent's histogram that of the larger child: the rows that are not in the smaller. */
export function subtractHistogram(parent: Histogram, smaller: Histogram): void {
  for (let i = 0; i < parent.length; i += 1) parent[i] = (parent[i] as number) - (smaller[i] as number);
}
