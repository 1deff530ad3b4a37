// The training set as the network sees it (hot path of training): encoded once, cut into batches every step.
import { TRAINING_CHUNK_ROWS } from '../../../core/limits.ts';
import type { GraphRuntime, Tensor } from '../../../ports/scorer.ts';
import type { Random } from '../../../stats/random.ts';
import { buildEncoder } from './encode-graph.ts';
import { numericWidth } from './encoding.ts';
import type { Encoding } from './encoding.ts';
import type { RawRows } from '../../rows.ts';

/** Row-major; arrays have rowCount times their width entries. */
export interface EncodedSet {
  readonly rowCount: number;
  readonly numericWidth: number;
  readonly categoryCount: number;
  readonly numeric: Float32Array;
  readonly categories: BigInt64Array;
}

/** Runs the encoding's own graph over the rows. */
export async function encodeRows(
  runtime: GraphRuntime,
  encoding: Encoding,
  rows: RawRows,
): Promise<EncodedSet> {
  const { rowCount, width } = rows;
  const session = await runtime.load(buildEncoder(encoding));
  const set: EncodedSet = {
    rowCount,
    numericWidth: numericWidth(encoding),
    categoryCount: encoding.categorical.length,
    numeric: new Float32Array(rowCount * numericWidth(encoding)),
    categories: new BigInt64Array(rowCount * encoding.categorical.length),
  };
  try {
    for (let from = 0; from < rowCount; from += TRAINING_CHUNK_ROWS) {
      const count = Math.min(TRAINING_CHUNK_ROWS, rowCount - from);
      const data = rows.features.subarray(from * width, (from + count) * width);
      const out = await session.run({ features: { type: 'float32', data, dims: [count, width] } });
      if (out['numeric']) set.numeric.set(out['numeric'].data as Float32Array, from * set.numericWidth);
      if (out['categories'])
        set.categories.set(out['categories'].data as BigInt64Array, from * set.categoryCount);
    }
  } finally {
    await session.close();
  }
  return set;
}

/** Rows `from` to `to` of the set, sharing its memory. */
export function encodedTensors(set: EncodedSet, from: number, to: number): Record<string, Tensor> {
  const { numericWidth: width, categoryCount } = set;
  const tensors: Record<string, Tensor> = {};
  if (width > 0) {
    const data = set.numeric.subarray(from * width, to * width);
    tensors['numeric'] = { type: 'float32', data, dims: [to - from, width] };
  }
  if (categoryCount > 0) {
    const data = set.categories.subarray(from * categoryCount, to * categoryCount);
    tensors['categories'] = { type: 'int64', data, dims: [to - from, categoryCount] };
  }
  return tensors;
}

/** An empty set with room for `rowCount` rows like those of `set`. */
export function batchLike(set: EncodedSet, rowCount: number): EncodedSet {
  return {
    ...set,
    rowCount,
    numeric: new Float32Array(rowCount * set.numericWidth),
    categories: new BigInt64Array(rowCount * set.categoryCount),
  };
}

/** Copies the rows `order[at]`, `order[at + 1]`, ... into `batch` until it is full. */
export function fillBatch(batch: EncodedSet, set: EncodedSet, order: Uint32Array, at: number): void {
  const { numericWidth: width, categoryCount, numeric, categories } = set;
  for (let i = 0; i < batch.rowCount; i += 1) {
    const row = order[at + i] as number;
    for (let k = 0, to = i * width, from = row * width; k < width; k += 1) {
      batch.numeric[to + k] = numeric[from + k] as number;
    }
    for (let k = 0, to = i * categoryCount, from = row * categoryCount; k < categoryCount; k += 1) {
      batch.categories[to + k] = categories[from + k] as bigint;
    }
  }
}

/** Fisher-Yates. */
export function shuffle(order: Uint32Array, random: Random): void {
  for (let i = order.length - 1; i > 0; i -= 1) {
    const j = random.nextInt(i + 1);
    const swapped = order[i] as number;
    order[i] = order[j] as number;
    order[j] = swapped;
  }
}

/** Fills with 0 at about the share `dropout` (to 1/256) and 1 elsewhere. */
export function fillKeep(keep: Uint8Array, dropout: number, random: Random): void {
  const dropBelow = Math.round(dropout * 256);
  for (let i = 0; i < keep.length;) {
    // Four decisions a draw.
    const draw = random.nextUint32();
    for (let shift = 0; shift < 32 && i < keep.length; shift += 8, i += 1) {
      keep[i] = ((draw >>> shift) & 0xff) < dropBelow ? 0 : 1;
    }
  }
}
