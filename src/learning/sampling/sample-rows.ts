// Which rows a fit learns from, and how much each counts (control path): negatives are drawn, and classes weighted. Validation rows
// stay as they came, as the loss that they measure is that of the stream.
import { Random } from '../../stats/random.ts';
import { pickIdentities } from '../rows.ts';
import type { TrainingRows } from '../trainer.ts';

/** What rows of a binary task, or of several classes, count in a fit. */
export interface Sampling {
  /** Negatives of a binary task that are kept for each positive, drawn at random; each stands for those that are not. Null: all. */
  readonly negativesPerPositive: number | null;
  /** Weight of the rows of each class by its number, or in inverse proportion to its rows; null for what they are. */
  readonly classWeights: 'balanced' | readonly number[] | null;
}

export interface SampledRows {
  readonly rows: TrainingRows;
  readonly trainCount: number;
  /** What a row of each class weighs more than it does in the stream; null where classes are weighted as they are. */
  readonly factors: Float64Array | null;
}

/**
 * @param trainCount rows of `all` that are to be fitted; those behind them validate
 * @param classes of which labels are the numbers: 2 for a binary task
 * @param seed of the draw
 */
export function sampleRows(
  all: TrainingRows,
  trainCount: number,
  { negativesPerPositive, classWeights }: Sampling,
  classes: number,
  seed: number,
): SampledRows {
  const drawn =
    negativesPerPositive === null ? null : drawNegatives(all, trainCount, negativesPerPositive, seed);
  const { rows, trainCount: count } = drawn ?? { rows: all, trainCount };
  if (classWeights === null) return { rows, trainCount: count, factors: null };
  // Of all rows: negatives that were drawn count for the others.
  const factors = factorsOf(classWeights, all.labels.subarray(0, trainCount), classes);
  const weights = rows.weights.map((weight, row) => weight * (factors[rows.labels[row] as number] as number));
  return { rows: { ...rows, weights }, trainCount: count, factors };
}

/** Null if no negative has to go. */
function drawNegatives(
  all: TrainingRows,
  trainCount: number,
  perPositive: number,
  seed: number,
): Omit<SampledRows, 'factors'> | null {
  let positives = 0;
  for (let row = 0; row < trainCount; row += 1) positives += all.labels[row] as number;
  const negatives = trainCount - positives;
  const wanted = Math.ceil(perPositive * positives);
  if (wanted >= negatives) return null;
  const kept = new Uint32Array(positives + wanted + all.rowCount - trainCount);
  const random = new Random(seed);
  let [count, left, missing] = [0, negatives, wanted];
  for (let row = 0; row < all.rowCount; row += 1) {
    const isNegative = row < trainCount && all.labels[row] === 0;
    // Draws exactly so many, each set of them as likely as any other (Knuth, The Art of Computer Programming 2, algorithm 3.4.2 S).
    const isKept = !isNegative || random.nextDouble() * left < missing;
    if (isNegative) left -= 1;
    if (!isKept) continue;
    if (isNegative) missing -= 1;
    kept[count] = row;
    count += 1;
  }
  const rows = chosenRows(all, kept);
  const share = negatives / wanted;
  const newTrainCount = positives + wanted;
  for (let row = 0; row < newTrainCount; row += 1)
    if (rows.labels[row] === 0) rows.weights[row] = (rows.weights[row] as number) * share;
  return { rows, trainCount: newTrainCount };
}

function chosenRows(
  { width, features, labels, weights, eventTimeMs, identities }: TrainingRows,
  kept: Uint32Array,
): TrainingRows {
  const chosen = new Float32Array(kept.length * width);
  for (let to = 0; to < kept.length; to += 1) {
    const from = (kept[to] as number) * width;
    chosen.set(features.subarray(from, from + width), to * width);
  }
  return {
    rowCount: kept.length,
    width,
    features: chosen,
    labels: Float32Array.from(kept, (row) => labels[row] as number),
    weights: Float32Array.from(kept, (row) => weights[row] as number),
    eventTimeMs: Float64Array.from(kept, (row) => eventTimeMs[row] as number),
    ...(identities === undefined ? {} : { identities: pickIdentities(identities, kept) }),
  };
}

/** Balanced weights are scikit-learn's: rows / (classes * rows of the class), over the classes that have some. */
function factorsOf(
  classWeights: 'balanced' | readonly number[],
  labels: Float32Array,
  classes: number,
): Float64Array {
  if (classWeights !== 'balanced')
    return Float64Array.from({ length: classes }, (_, k) => classWeights[k] ?? 1);
  const counts = new Float64Array(classes);
  for (const label of labels) counts[label] = (counts[label] as number) + 1;
  const present = counts.reduce((sum, count) => sum + Number(count > 0), 0);
  return counts.map((count) => (count > 0 ? labels.length / (present * count) : 1));
}
