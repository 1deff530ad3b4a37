// Bins of one feature (control path): at which values a tree may split it.

/** Values of a feature that the edges of its bins are drawn from. */
export const EDGE_ROWS_MAX = 200_000;

/** Rows of a bin, if the values allow it. */
const BIN_ROWS_MIN = 3;

/**
 * Upper edges of the bins of a feature, ascending: bin i has the values v with edges[i - 1] < v <= edges[i], the last bin those
 * above all edges. Each edge lies in Float32 between two values of the sample, so that a comparison in Float32 decides alike in
 * training and in the model. With more than `binsMax` values, bins have about equal numbers of rows, and a value that would fill
 * one alone has one of its own, as in LightGBM.
 *
 * @param values without NaN; sorted in place
 */
export function binEdges(values: Float32Array, binsMax: number): Float32Array {
  values.sort();
  const { distinct, counts } = distinctValues(values);
  const most = Math.max(1, Math.min(binsMax, Math.floor(values.length / BIN_ROWS_MIN)));
  const cuts =
    distinct.length <= most ? cutsBetweenAll(counts) : cutsOfEqualCount(counts, values.length, most);
  return Float32Array.from(cuts, (i) => edgeBetween(distinct[i] as number, distinct[i + 1] as number));
}

/** A Float32 in [low, high) near the middle. */
function edgeBetween(low: number, high: number): number {
  const middle = Math.fround((low + high) / 2);
  return middle >= low && middle < high ? middle : low;
}

function distinctValues(sorted: Float32Array): { distinct: number[]; counts: number[] } {
  const distinct: number[] = [];
  const counts: number[] = [];
  for (const value of sorted) {
    // By ===: there is one zero.
    if (distinct.length > 0 && distinct.at(-1) === value)
      counts[counts.length - 1] = (counts.at(-1) ?? 0) + 1;
    else {
      distinct.push(value);
      counts.push(1);
    }
  }
  return { distinct, counts };
}

/** A cut after value i, for every value whose bin has rows enough. */
function cutsBetweenAll(counts: readonly number[]): number[] {
  const cuts: number[] = [];
  let inBin = 0;
  for (let i = 0; i + 1 < counts.length; i += 1) {
    inBin += counts[i] as number;
    if (inBin < BIN_ROWS_MIN) continue;
    cuts.push(i);
    inBin = 0;
  }
  return cuts;
}

function cutsOfEqualCount(counts: readonly number[], total: number, binsMax: number): number[] {
  const isLarge = counts.map((count) => count >= total / binsMax);
  let restRows = counts.reduce((sum, count, i) => (isLarge[i] === true ? sum : sum + count), 0);
  let restBins = binsMax - isLarge.filter(Boolean).length;
  const cuts: number[] = [];
  let inBin = 0;
  let mean = restRows / restBins;
  for (let i = 0; i + 1 < counts.length && cuts.length < binsMax - 1; i += 1) {
    inBin += counts[i] as number;
    if (isLarge[i] !== true) restRows -= counts[i] as number;
    const isFull = isLarge[i] === true || inBin >= mean;
    // A large value begins its own bin, unless what it leaves behind is small.
    if (!isFull && !(isLarge[i + 1] === true && inBin >= Math.max(1, mean / 2))) continue;
    cuts.push(i);
    inBin = 0;
    if (isLarge[i] === true) continue;
    restBins -= 1;
    mean = restRows / Math.max(1, restBins);
  }
  return cuts;
}
