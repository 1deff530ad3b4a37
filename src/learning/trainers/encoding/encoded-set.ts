// Rows as linear models and networks see them (hot path of training): encoded once.
import { TRAINING_CHUNK_ROWS } from '../../../core/loop-limits.ts';
import type { GraphRuntime, Tensor } from '../../../ports/scorer.ts';
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
