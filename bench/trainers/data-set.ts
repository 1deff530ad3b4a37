// Data sets of the trainers' bench as files (control path): what is fitted here and by LightGBM in Python.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FeatureSpec } from '../../src/core/feature-spec.ts';
import type { TrainingRows } from '../../src/learning/trainer.ts';
import type { TrainingSet } from '../../src/ports/history.ts';

export interface Fold {
  /** Rows to fit: the first `train` of them train, the others validate. */
  readonly fit: readonly number[];
  readonly train: number;
  readonly test: readonly number[];
}

export interface DataSetSpec {
  readonly name: string;
  readonly task: 'binary' | 'regression';
  readonly features: readonly FeatureSpec[];
  readonly folds: readonly Fold[];
}

export class DataSet {
  readonly spec: DataSetSpec;
  readonly #features: Float32Array;
  readonly #labels: Float32Array;

  private constructor(spec: DataSetSpec, features: Float32Array, labels: Float32Array) {
    this.spec = spec;
    this.#features = features;
    this.#labels = labels;
  }

  static async read(folder: string, file: string): Promise<DataSet> {
    const spec = JSON.parse(await readFile(join(folder, file), 'utf8')) as DataSetSpec; // the bench's own files
    const numbers = async (kind: string): Promise<Float32Array> =>
      new Float32Array(Uint8Array.from(await readFile(join(folder, `${spec.name}.${kind}`))).buffer);
    return new DataSet(spec, await numbers('features'), await numbers('labels'));
  }

  rows(chosen: readonly number[]): TrainingRows {
    const width = this.spec.features.length;
    const features = new Float32Array(chosen.length * width);
    for (const [i, row] of chosen.entries())
      features.set(this.#features.subarray(row * width, (row + 1) * width), i * width);
    return {
      rowCount: chosen.length,
      width,
      features,
      labels: Float32Array.from(chosen, (row) => this.#labels[row] as number),
      weights: new Float32Array(chosen.length).fill(1),
      eventTimeMs: Float64Array.from(chosen),
    };
  }
}

/** Writes logged vectors, cut by time: seven tenths train, one validates, two test. */
export async function writeLogged(
  folder: string,
  name: string,
  features: readonly FeatureSpec[],
  set: TrainingSet,
): Promise<void> {
  const rows = Array.from({ length: set.rowCount }, (_, row) => row);
  const testFrom = Math.floor(0.8 * set.rowCount);
  const fold = {
    fit: rows.slice(0, testFrom),
    train: Math.floor(0.7 * set.rowCount),
    test: rows.slice(testFrom),
  };
  const spec: DataSetSpec = { name, task: 'binary', features, folds: [fold] };
  await writeFile(join(folder, `${name}.features`), set.features);
  await writeFile(join(folder, `${name}.labels`), set.labels);
  await writeFile(join(folder, `${name}.json`), JSON.stringify(spec));
}
