// Fits an encoding to training rows (control path).
import { VOCABULARIES_MAX, VOCABULARY_MAX } from '../../../core/loop-limits.ts';
import type { FeatureSpec } from '../../../core/feature-spec.ts';
import type { RawRows } from '../../rows.ts';
import { MISSING_CODE } from '../../category-code.ts';
import type { CategoricalEncoding, Encoding, NumericEncoding } from './encoding.ts';

/** How features become inputs. */
export interface EncodingParams {
  /** Categories seen fewer times share the unknown category's input. */
  readonly categoryCountMin: number;
  /** A numeric feature more skewed than this passes through asinh first, a logarithm for both signs; null for none. */
  readonly signedLogSkewMin: number | null;
  /** Standardised values are clipped to this many standard deviations either side. */
  readonly clipDeviations: number;
  /** A numeric feature that misses at least this share of the training rows gets an indicator input. */
  readonly missingShareMin: number;
}

/** Kurtosis above which tails are long, whatever the skewness: that of a normal distribution is 3, of a Laplace distribution 6. */
const KURTOSIS_MAX = 100;
/** Rows that a scale is computed of, at least half as many. */
const SCALE_ROWS = 10_000;
const LOG_SCALE_MIN = 1e-30;
/** Of a feature in whatever unit. */
const DEVIATION_MIN = 1e-30;

/**
 * Fits every constant from `rows`.
 * @param vocabulariesMax categories of all features together
 */
export function fitEncoding(
  rows: RawRows,
  features: readonly FeatureSpec[],
  params: EncodingParams,
  vocabulariesMax: number = VOCABULARIES_MAX,
): Encoding {
  const numeric: NumericEncoding[] = [];
  const categorical: CategoricalEncoding[] = [];
  const seen = new Set<string>();
  const countMin = countMinFor(rows, params);
  const categoricalCount = features.filter(({ kind }) => kind === 'categorical').length;
  const size = vocabularySize(categoricalCount, vocabulariesMax);
  features.forEach(({ kind }, column) => {
    if (kind === 'numeric') numeric.push(fitNumeric(rows, column, params, seen));
    else categorical.push({ column, vocabulary: frequentCodes(rows, column, countMin, size) });
  });
  numeric.sort((a, b) => Number(a.signedLog) - Number(b.signedLog) || a.column - b.column);
  return { features: [...features], clipDeviations: params.clipDeviations, numeric, categorical };
}

/**
 * The champion's encoding for a start from its weights: its constants stay, as the weights were learnt on them;
 * categories that have become frequent are added behind its vocabularies.
 */
export function extendEncoding(encoding: Encoding, rows: RawRows, params: EncodingParams): Encoding {
  const size = vocabularySize(encoding.categorical.length);
  const categorical = encoding.categorical.map(({ column, vocabulary }) => {
    const known = new Set(vocabulary);
    const added = frequentCodes(rows, column, countMinFor(rows, params), size).filter(
      (code) => !known.has(code),
    );
    return { column, vocabulary: [...vocabulary, ...added].slice(0, Math.max(size, vocabulary.length)) };
  });
  return { ...encoding, categorical };
}

/** Categories of each of so many features. */
function vocabularySize(featureCount: number, allMax = VOCABULARIES_MAX): number {
  return Math.min(VOCABULARY_MAX, Math.floor(allMax / Math.max(1, featureCount)));
}

/** Of few rows, fewer make a category frequent. */
function countMinFor({ rowCount }: RawRows, { categoryCountMin }: EncodingParams): number {
  return Math.min(categoryCountMin, Math.max(2, Math.floor(rowCount / 50)));
}

function fitNumeric(
  rows: RawRows,
  column: number,
  params: EncodingParams,
  indicatorsSeen: Set<string>,
): NumericEncoding {
  const plain = moments(rows, column, (x) => x);
  const { signedLogSkewMin: skewMin } = params;
  const signedLog = skewMin !== null && (Math.abs(plain.skewness) > skewMin || plain.kurtosis > KURTOSIS_MAX);
  const logScale = signedLog ? logScaleOf(rows, column) : 1;
  const { mean, deviation } = signedLog ? moments(rows, column, (x) => Math.asinh(x / logScale)) : plain;
  const missingShare = 1 - plain.count / rows.rowCount;
  let indicator = missingShare > 0 && missingShare >= params.missingShareMin;
  if (indicator) {
    // Features of one window miss together: one indicator for all of them is enough.
    const pattern = missingPattern(rows, column);
    indicator = !indicatorsSeen.has(pattern);
    indicatorsSeen.add(pattern);
  }
  // Float32 constants: what the graph computes with is what the JSON says.
  return {
    column,
    signedLog,
    logScale,
    mean: Math.fround(mean),
    deviation: Math.fround(deviation),
    indicator,
  };
}

/** The lower quartile of the sizes other than 0, so that the unit of a feature does not matter; of some thousand rows. */
function logScaleOf({ features, rowCount, width }: RawRows, column: number): number {
  const stride = Math.ceil(rowCount / SCALE_ROWS);
  const sizes: number[] = [];
  for (let row = 0; row < rowCount; row += stride) {
    const size = Math.abs(features[row * width + column] as number);
    if (size > 0 && size < Number.POSITIVE_INFINITY) sizes.push(size);
  }
  const quartile = sizes.sort((a, b) => a - b)[Math.floor(sizes.length / 4)] ?? 1;
  // Float32 division must not overflow.
  return Math.fround(Math.max(quartile, LOG_SCALE_MIN));
}

interface Moments {
  readonly count: number;
  readonly mean: number;
  /** 1 where the values do not vary: then they encode to 0. */
  readonly deviation: number;
  readonly skewness: number;
  readonly kurtosis: number;
}

function moments(rows: RawRows, column: number, transform: (x: number) => number): Moments {
  const { features, rowCount, width } = rows;
  let count = 0;
  let sum = 0;
  for (let at = column; at < rowCount * width; at += width) {
    const x = features[at] as number;
    if (!Number.isFinite(x)) continue;
    count += 1;
    sum += transform(x);
  }
  const mean = count === 0 ? 0 : sum / count;
  let squares = 0;
  let cubes = 0;
  let fourths = 0;
  for (let at = column; at < rowCount * width; at += width) {
    const x = features[at] as number;
    if (!Number.isFinite(x)) continue;
    const d = transform(x) - mean;
    squares += d * d;
    cubes += d * d * d;
    fourths += d ** 4;
  }
  const deviation = Math.sqrt(squares / Math.max(1, count));
  // Rounding alone makes a constant column "vary" by 1e-7 of its size: that must not be scaled up.
  const varies = deviation > Math.max(DEVIATION_MIN, 1e-6 * Math.abs(mean));
  const skewness = varies ? cubes / count / deviation ** 3 : 0;
  const kurtosis = varies ? fourths / count / deviation ** 4 : 0;
  return { count, mean, deviation: varies ? deviation : 1, skewness, kurtosis };
}

/** Equal for columns that miss in the same rows. */
function missingPattern(rows: RawRows, column: number): string {
  const { features, rowCount, width } = rows;
  const bits = Buffer.alloc(Math.ceil(rowCount / 8));
  for (let row = 0; row < rowCount; row += 1) {
    if (Number.isNaN(features[row * width + column]))
      bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7));
  }
  return bits.toString('latin1');
}

/** Codes met at least `countMin` times, the most frequent first; MISSING_CODE stands for NaN. */
function frequentCodes(rows: RawRows, column: number, countMin: number, size: number): number[] {
  const { features, rowCount, width } = rows;
  const counts = new Map<number, number>();
  for (let at = column; at < rowCount * width; at += width) {
    const value = features[at] as number;
    // No code is infinite, and an encoding is JSON.
    if (Math.abs(value) === Number.POSITIVE_INFINITY) continue;
    const code = Number.isNaN(value) ? MISSING_CODE : value;
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count >= countMin)
    .sort(([codeA, a], [codeB, b]) => b - a || codeA - codeB)
    .slice(0, size)
    .map(([code]) => code);
}
