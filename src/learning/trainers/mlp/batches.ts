// Batches of an encoded training set (hot path of training): cut every step.
import type { Random } from '../../../stats/random.ts';
import type { EncodedSet } from '../encoding/encoded-set.ts';

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
