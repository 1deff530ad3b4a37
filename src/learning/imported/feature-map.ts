// Which features feed the inputs of a model that others made (control path): what `--features` says.
import { unknownKeys } from '../../core/unknown-keys.ts';
import { refuse } from './refuse.ts';

/** What one column of an input is fed from. */
export interface ColumnSource {
  /** Name of a feature of the topology. */
  readonly feature: string;
  /** Categories of the feature: the strings that the model takes, or in the order of the numbers that stand for them. */
  readonly values: readonly string[] | null;
  /** What the model takes for a missing value; null: what its type has for one. */
  readonly missing: number | string | null;
}

/** By the name of an input, or of a column that the file names; an array is for the columns of the only input. */
export type FeatureMap = readonly ColumnSource[] | ReadonlyMap<string, readonly ColumnSource[]>;

const REMEDY =
  'Write {"INPUT": "feature"}, {"INPUT": ["feature", ...]}, or ["feature", ...] for the columns of the only input; a feature may be {"feature": "country", "values": ["DE", "FR"], "missing": "DE"}.';
const KEYS = ['feature', 'values', 'missing'];

function bad(what: string): never {
  return refuse(`the map of features ${what}`, REMEDY);
}

export function columnSource(feature: string): ColumnSource {
  return { feature, values: null, missing: null };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((text) => typeof text === 'string');
}

function sourceOf(value: unknown): ColumnSource {
  if (typeof value === 'string') return columnSource(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return bad(`has ${JSON.stringify(value) ?? 'nothing'} in place of a feature`);
  const { feature, values = null, missing = null }: Record<string, unknown> = { ...value };
  const [unknown] = unknownKeys(value, KEYS, 'key');
  if (unknown !== undefined) return refuse(`in the map of features ${unknown}`, REMEDY);
  if (typeof feature !== 'string') return bad('has an entry that names no feature');
  if (values !== null && !isTexts(values)) return bad(`has values of ${feature} that are no list of strings`);
  const isMissing = missing === null || typeof missing === 'string' || Number.isFinite(missing);
  if (!isMissing) return bad(`has a missing value of ${feature} that is neither a number nor a string`);
  return { feature, values, missing: missing as number | string | null }; // as checked
}

/** @throws MODEL_INVALID for what is no map */
export function featureMap(value: unknown): FeatureMap {
  if (Array.isArray(value)) return value.map(sourceOf);
  if (typeof value !== 'object' || value === null) return bad('is no object and no array');
  return new Map(
    Object.entries(value).map(([input, columns]) => [
      input,
      Array.isArray(columns) ? columns.map(sourceOf) : [sourceOf(columns)],
    ]),
  );
}

/** @throws MODEL_INVALID */
export function parseFeatureMap(json: string): FeatureMap {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return bad('is no JSON');
  }
  return featureMap(value);
}
