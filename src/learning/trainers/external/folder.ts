// The folder of an external training (control path): what the program finds, and what it leaves.
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parquetWriteBuffer, type ColumnSource } from 'hyparquet-writer';
import { MillraceError, messageOf } from '../../../core/errors.ts';
import type { FeatureSpec } from '../../../core/feature-spec.ts';
import type { FitRequest, TrainingRows } from '../../trainer.ts';
import { columnNames, identityColumns, type ColumnNames } from './identity-columns.ts';
import type { ExternalParams } from './params.ts';

/** What metrics.json may have; larger ones are no figures. */
const METRICS_BYTES_MAX = 65_536;
/** What a Protobuf message, and so an ONNX file, can have. */
const MODEL_BYTES_MAX = 2_147_483_647;
/** The code of a category as the files have it, for readers of request.json. */
const CATEGORY_CODES = 'murmur2 & 0xffffff';

/** Features are Float32 as they were scored, NaN where missing; a category is its code. */
function parquet(
  features: readonly FeatureSpec[],
  names: ColumnNames,
  rows: TrainingRows,
  from: number,
  to: number,
): Uint8Array {
  const columns: ColumnSource[] = features.map(({ name }, column) => ({
    name,
    type: 'FLOAT',
    data: Float32Array.from(
      { length: to - from },
      (_, i) => rows.features[(from + i) * rows.width + column] as number,
    ),
  }));
  columns.push(
    { name: names.columns.label, type: 'FLOAT', data: rows.labels.slice(from, to) },
    {
      name: names.columns.event_time,
      type: 'TIMESTAMP',
      data: Array.from(rows.eventTimeMs.subarray(from, to), (timeMs) => new Date(timeMs)),
    },
    { name: names.columns.weight, type: 'FLOAT', data: rows.weights.slice(from, to) },
    ...identityColumns(names, rows.identities, from, to),
  );
  // Statistics of columns with NaN mislead readers.
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: columns.map((column) => ({ nullable: false, ...column })),
      statistics: false,
    }),
  );
}

/** Writes the rows, the champion and the request. */
export async function fillFolder(folder: string, request: FitRequest<ExternalParams>): Promise<void> {
  const { rows, trainCount, gate, features, champion, task, params, seed, chosen } = request;
  const names = columnNames(features, rows.identities, (gate ?? rows).identities);
  const write = (name: string, from: number, to: number, source: TrainingRows): Promise<void> =>
    writeFile(join(folder, `${name}.parquet`), parquet(features, names, source, from, to));
  await write('train', 0, trainCount, rows);
  await write('validation', trainCount, rows.rowCount, rows);
  await write('gate', 0, gate?.rowCount ?? 0, gate ?? rows);
  if (champion !== null) await writeFile(join(folder, 'champion.onnx'), champion.model);
  const { low, high } = task.output;
  const described = {
    format: 1,
    task: task.name,
    /** Null for no bound. */
    output: {
      classes: task.objective?.kind === 'cross-entropy' ? task.objective.classes : null,
      quantiles: task.objective?.kind === 'quantiles' ? task.objective.levels : null,
      /** Share of the labels that are to be between two of the quantiles: what is lacking is added behind the model. */
      interval: task.output.interval?.share ?? null,
      low: Number.isFinite(low) ? low : null,
      high: Number.isFinite(high) ? high : null,
    },
    features,
    columns: names.columns,
    /** Columns with the entity of each view. */
    entities: names.entities,
    categoryCodes: CATEGORY_CODES,
    rows: { train: trainCount, validation: rows.rowCount - trainCount, gate: gate?.rowCount ?? 0 },
    seed,
    champion: champion === null ? null : { version: champion.version, trainer: champion.trainer },
    refit: chosen !== undefined,
    chosen: chosen ?? null,
    params: params.params,
  };
  await writeFile(join(folder, 'request.json'), `${JSON.stringify(described, null, 2)}\n`);
}

export interface Left {
  readonly model: Uint8Array;
  /** Figures for the verdict, by name. */
  readonly metrics: ReadonlyMap<string, number>;
  /** For the refit; null if the program has chosen nothing. */
  readonly chosen: unknown;
}

/** @throws TRAINING_FAILED for files that are absent or cannot be read */
export async function readFolder(folder: string): Promise<Left> {
  const model = await readLimited(join(folder, 'model.onnx'), MODEL_BYTES_MAX);
  if (model === null || model.length === 0)
    throw new MillraceError(
      'TRAINING_FAILED',
      `the program left ${model === null ? 'no' : 'an empty'} model.onnx`,
      {
        remedy: 'Write the model to model.onnx in the folder that is the last argument.',
      },
    );
  const json = await readLimited(join(folder, 'metrics.json'), METRICS_BYTES_MAX);
  if (json === null) return { model, metrics: new Map(), chosen: null };
  const metrics = parsed(json.toString('utf8'));
  const figures = Object.entries(metrics).flatMap(([name, value]) =>
    typeof value === 'number' && Number.isFinite(value) ? [[name, value] as const] : [],
  );
  return { model, metrics: new Map(figures), chosen: metrics['chosen'] ?? null };
}

/** Null if there is no such file. */
async function readLimited(path: string, bytesMax: number): Promise<Buffer | null> {
  try {
    const { size } = await stat(path);
    if (size > bytesMax)
      throw new MillraceError('TRAINING_FAILED', `${path} has ${size} bytes, more than ${bytesMax}`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

function parsed(json: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    // Python writes NaN and Infinity, which JSON has not.
    value = JSON.parse(json.replace(/(?<=[:[,]\s*)(?:NaN|-?Infinity)\b/g, 'null'));
  } catch (cause) {
    throw new MillraceError('TRAINING_FAILED', `metrics.json is no JSON: ${messageOf(cause)}`, { cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new MillraceError('TRAINING_FAILED', 'metrics.json is no JSON object');
}
