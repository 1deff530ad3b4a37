// Rows with the scores that a model gave where it was trained (control path): after an import it must give the same.
import { MillraceError } from '../../core/errors.ts';
import type { FeatureSpec } from '../../core/feature-spec.ts';
import { EXAMPLE_TOLERANCE } from '../../core/import-limits.ts';
import { categoryCode } from '../../core/murmur2.ts';
import type { ScoreVectors } from '../../learning/probe/changed-rows.ts';

export interface Example {
  /** Line or number of the row in its file, for messages. */
  readonly place: number;
  /** By name of a feature, or of the model's input that it feeds: numbers, texts and booleans; null where missing. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly expected: readonly number[];
}

export interface ExampleParts {
  readonly features: readonly FeatureSpec[];
  /** Other names of features. */
  readonly names: ReadonlyMap<string, readonly string[]>;
  /** Features that the model takes. */
  readonly used: ReadonlySet<string>;
  readonly score: ScoreVectors;
}

/** The largest difference, in units of the score where that is beyond 1; 0 without examples. @throws MODEL_INVALID */
export async function compareExamples(examples: readonly Example[], parts: ExampleParts): Promise<number> {
  if (examples.length === 0) return 0;
  const { features, score } = parts;
  for (const name of parts.used) requireColumn(examples, [name, ...(parts.names.get(name) ?? [])]);
  const values = new Float32Array(examples.length * features.length);
  for (const [row, example] of examples.entries())
    for (const [column, feature] of features.entries())
      values[row * features.length + column] = valueOf(example, feature, parts.names.get(feature.name) ?? []);
  const scores = await score(values, examples.length);
  const width = scores.length / examples.length;
  let largest = 0;
  for (const [row, { place, expected }] of examples.entries()) {
    if (expected.length !== width)
      refuse(place, `it has ${expected.length} scores, and the model returns ${width}`);
    for (const [i, wanted] of expected.entries()) {
      const given = scores[row * width + i] as number;
      const difference = Math.abs(given - wanted) / Math.max(1, Math.abs(wanted));
      if (!(difference <= EXAMPLE_TOLERANCE)) refuse(place, `the model gives ${given}, not ${wanted}`);
      largest = Math.max(largest, difference);
    }
  }
  return largest;
}

function requireColumn(examples: readonly Example[], names: readonly string[]): void {
  if (examples.some(({ values }) => names.some((name) => name in values))) return;
  throw new MillraceError('MODEL_INVALID', `the examples have no column ${names.join(' or ')}`, {
    remedy:
      'Name the columns of the examples as the topology names its features, or as the model names its inputs.',
  });
}

function valueOf({ place, values }: Example, { name, kind }: FeatureSpec, others: readonly string[]): number {
  const key = [name, ...others].find((one) => one in values);
  const value = key === undefined ? null : values[key];
  if (value === null || value === undefined) return Number.NaN;
  if (typeof value === 'boolean' && kind === 'numeric') return value ? 1 : 0;
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
    return refuse(place, `the value of ${name} is neither a number nor a text`);
  if (kind === 'categorical') return categoryCode(String(value));
  const number = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value);
  if (typeof value === 'string' && Number.isNaN(number) && !/^\s*(nan)?\s*$/i.test(value))
    refuse(place, `${JSON.stringify(value)} is no number for ${name}`);
  return number;
}

function refuse(place: number, what: string): never {
  throw new MillraceError('MODEL_INVALID', `the example of row ${place} does not hold: ${what}`, {
    remedy:
      'Check the order of the features, what the score is (--scores, --positive), and the map of --features.',
  });
}
