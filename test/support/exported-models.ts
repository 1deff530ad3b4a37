// Models as other tools export them, with the scores that Python gives: test/vectors/models.py and wider-models.py make them.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FeatureSpec } from '../../src/core/feature-spec.ts';
import { categoryCode } from '../../src/core/murmur2.ts';
import { featureMap } from '../../src/learning/imported/feature-map.ts';
import type { ImportChoices } from '../../src/learning/imported/import-onnx.ts';
import type { OutputKind } from '../../src/learning/imported/model-outputs.ts';
import type { ScoreShape } from '../../src/learning/imported/score-graph.ts';

interface Stored {
  readonly name: string;
  readonly features: ReadonlyArray<readonly [string, FeatureSpec['kind']]>;
  readonly rows: ReadonlyArray<ReadonlyArray<number | string | null>>;
  readonly expected: ReadonlyArray<readonly number[]>;
  readonly task?: 'regression' | 'multiclass';
  readonly classes?: readonly string[];
  readonly features_map?: unknown;
  readonly output?: readonly string[];
  readonly scores?: OutputKind;
  readonly positive?: string;
  /** Why it is refused, as a regular expression. */
  readonly refused?: string;
}

export interface ExportedModel {
  readonly name: string;
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly features: readonly FeatureSpec[];
  readonly shape: ScoreShape;
  readonly choices: ImportChoices;
  readonly rows: Stored['rows'];
  /** Row-major, NaN for a missing value. */
  readonly values: Float32Array;
  /** Scores of each row. */
  readonly expected: Stored['expected'];
  /** Why it is refused; null if it is not. */
  readonly refused: RegExp | null;
}

const FOLDER = join(import.meta.dirname, '..', 'vectors');

function shapeOf({ task, classes }: Stored): ScoreShape {
  return { width: classes?.length ?? 1, isProbability: task !== 'regression', classes: classes ?? null };
}

export function vectorOf(row: ReadonlyArray<number | string | null>): number[] {
  return row.map((value) => (typeof value === 'string' ? categoryCode(value) : (value ?? Number.NaN)));
}

export function exportedModels(): readonly ExportedModel[] {
  const stored = ['models.json', 'wider-models.json'].flatMap(
    (file) => JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as readonly Stored[],
  );
  return stored.map((one) => {
    const { name, features, rows, expected, output = null, scores = null, positive = null, refused } = one;
    const file = join(FOLDER, 'models', `${name}.onnx`);
    return {
      name,
      file,
      bytes: readFileSync(file),
      features: features.map(([feature, kind]) => ({ name: feature, kind })),
      shape: shapeOf(one),
      choices: {
        features: one.features_map === undefined ? null : featureMap(one.features_map),
        output,
        scores,
        positive,
      },
      rows,
      values: Float32Array.from(rows.flatMap(vectorOf)),
      expected,
      refused: refused === undefined ? null : new RegExp(refused),
    };
  });
}

/** A topology that scores events with the features of the models, and trains nothing. Returns its file. */
export function writeScoringTopology(folder: string, name: string): string {
  const file = join(folder, `${name}.ts`);
  const index = join(import.meta.dirname, '..', '..', 'src', 'index.ts');
  writeFileSync(
    file,
    `import { categorical, defineTopology, double, features, json, numeric, score, source, string, timestamp } from '${index}';
const payments = source('${name}', {
  schema: { id: string, amount: double, age: double, country: string, channel: string, at: timestamp },
  eventTime: 'at',
  partitions: 1,
  format: json(),
});
const fields = { age: numeric('age'), amount: numeric('amount'), channel: categorical('channel'), country: categorical('country') };
export default defineTopology(payments, { name: '${name}', stages: [features({ fields }), score({ key: 'id', fallback: 0.5 })] });
`,
  );
  return file;
}
