// A mergeable sample of rows (hot path: one hash a row): the k rows with the lowest hash of their position in the log. It
// depends on the rows alone, however they are cut into epochs, partitions and processes.
import { CONTROL_ROWS_MAX, CONTROL_SAMPLE_BYTES_MAX } from '../core/loop-limits.ts';
import { itemOfPlace, offsetOfPlace } from '../core/place.ts';
import { finalMix, murmur3 } from '../core/string-hash.ts';
import type { TopicPartition } from '../core/topic-partition.ts';

const TWO_32 = 0x1_0000_0000;

/** The greatest hash: every row passes. */
export const EVERY_ROW = 0xffff_ffff;

/** What the hashes of a partition's rows start from. */
export function sampleSeed({ topic, partition }: TopicPartition): number {
  return finalMix(murmur3(Buffer.from(topic, 'utf8')) ^ finalMix(partition + 1));
}

/**
 * 32 bits that are uniform over the rows of all partitions; no two of 2^32 consecutive offsets share one.
 * @param place offset of the event, or place of an item of it
 */
export function sampleHash(seed: number, place: number): number {
  const offset = offsetOfPlace(place);
  const high = Math.floor(offset / TWO_32);
  const hash = finalMix((finalMix(seed ^ high) + (offset % TWO_32)) | 0);
  return offset === place ? hash : finalMix((hash + itemOfPlace(place) + 1) | 0);
}

/** Rows of a sample, at most: `width` Float32 values each. */
export function sampleRowsMax(width: number): number {
  return Math.min(CONTROL_ROWS_MAX, Math.max(1, Math.floor(CONTROL_SAMPLE_BYTES_MAX / (4 * width + 4))));
}

/** Rows of one partition, offsets ascending. */
export interface SampledRows {
  readonly partition: number;
  readonly width: number;
  readonly offsets: Float64Array;
  /** Row-major. */
  readonly features: Float32Array;
  readonly scores: Float32Array;
}

/** Rows of a sample without their place in the log. */
export interface SampleMatrix {
  readonly width: number;
  readonly rowCount: number;
  /** Row-major. */
  readonly features: Float32Array;
  readonly scores: Float32Array;
}

/**
 * The rows with the lowest hashes of all parts, at most sampleRowsMax: a uniform sample of all rows that the parts were
 * drawn from, if each part holds those of its own rows. Their order is that of the parts; of two rows with one hash the
 * former comes first.
 *
 * Source: E. Cohen, H. Kaplan, "Summarizing data using bottom-k sketches" (PODC 2007).
 */
export function mergeSamples(
  topic: string,
  parts: readonly SampledRows[],
  rowsMax: (width: number) => number = sampleRowsMax,
): SampleMatrix {
  const widths = parts.flatMap(({ width, offsets }) => (offsets.length > 0 ? [width] : []));
  // A definition that has changed between two boundaries leaves rows of another width: the newest counts.
  const width = widths.at(-1) ?? 0;
  const merged = parts.filter((part) => part.width === width);
  const hashes = hashesOf(topic, merged);
  const { kept, rowCount } = lowest(hashes, rowsMax(width));
  return keptRows(merged, width, kept, rowCount);
}

/** Copies the rows that are marked, in the order of the parts. */
function keptRows(
  parts: readonly SampledRows[],
  width: number,
  kept: Uint8Array,
  rowCount: number,
): SampleMatrix {
  const features = new Float32Array(rowCount * width);
  const scores = new Float32Array(rowCount);
  let from = 0;
  let at = 0;
  for (const part of parts) {
    for (let row = 0; row < part.offsets.length; row += 1) {
      if (kept[from + row] !== 1) continue;
      features.set(part.features.subarray(row * width, (row + 1) * width), at * width);
      scores[at] = part.scores[row] as number;
      at += 1;
    }
    from += part.offsets.length;
  }
  return { width, rowCount, features, scores };
}

function hashesOf(topic: string, parts: readonly SampledRows[]): Uint32Array {
  const hashes = new Uint32Array(parts.reduce((sum, { offsets }) => sum + offsets.length, 0));
  let at = 0;
  for (const { partition, offsets } of parts) {
    const seed = sampleSeed({ topic, partition });
    for (const offset of offsets) hashes[at++] = sampleHash(seed, offset);
  }
  return hashes;
}

/** Marks the `count` lowest hashes with 1. */
function lowest(
  hashes: Uint32Array,
  count: number,
): { readonly kept: Uint8Array; readonly rowCount: number } {
  const kept = new Uint8Array(hashes.length).fill(1);
  if (hashes.length <= count) return { kept, rowCount: hashes.length };
  const threshold = hashes.slice().sort()[count - 1] as number;
  let ties = count;
  for (const hash of hashes) if (hash < threshold) ties -= 1;
  for (let i = 0; i < hashes.length; i += 1) {
    const hash = hashes[i] as number;
    if (hash > threshold || (hash === threshold && ties-- <= 0)) kept[i] = 0;
  }
  return { kept, rowCount: count };
}

/** One partition's rows of the sample, without those that the rest of the rows rules out. */
export function pruneSample(topic: string, rows: SampledRows): SampledRows {
  const { kept, rowCount } = lowest(hashesOf(topic, [rows]), sampleRowsMax(rows.width));
  if (rowCount === rows.offsets.length) return rows;
  const { features, scores } = keptRows([rows], rows.width, kept, rowCount);
  const offsets = rows.offsets.filter((_, row) => kept[row] === 1);
  return { partition: rows.partition, width: rows.width, offsets, features, scores };
}
