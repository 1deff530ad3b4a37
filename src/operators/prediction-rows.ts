// Which rows of a batch are scored (hot path, once a batch).
import type { Batch, DictColumn, FeatureMatrix } from '../core/batch.ts';
import { TEXT_BYTES_PER_UNIT_MAX } from '../core/text-bytes.ts';
import type { EngineStageContext } from './stage.ts';

/** The rows of a matrix that pass. */
export function matrixOf(
  { width, rows, values, entities }: FeatureMatrix,
  passes: (i: number) => boolean,
): FeatureMatrix {
  const kept = [...rows.keys()].filter(passes);
  const matrix = new Float32Array(kept.length * width);
  for (const [at, i] of kept.entries()) matrix.set(values.subarray(i * width, (i + 1) * width), at * width);
  return {
    width,
    rowCount: kept.length,
    rows: Int32Array.from(kept, (i) => rows[i] as number),
    values: matrix,
    entities: entities.map(({ view, keys }) => ({ view, keys: kept.map((i) => keys[i] ?? null) })),
  };
}

/**
 * Without the rows whose predictions have a key that their topic does not accept: these are dead letters.
 * @param keys of the predictions
 */
export function rowsWithKeys(
  batch: Batch,
  features: FeatureMatrix,
  { codes, dictionary }: DictColumn,
  context: Pick<EngineStageContext, 'predictionKeyBytesMax' | 'reject'>,
): FeatureMatrix {
  const { predictionKeyBytesMax: bytesMax } = context;
  const { rows } = features;
  const keyOf = (i: number): string => dictionary.decode(codes[rows[i] as number] as number) ?? '';
  const unitsMax = bytesMax / TEXT_BYTES_PER_UNIT_MAX;
  let isAnyLong = false;
  for (let i = 0; i < rows.length; i++) if (keyOf(i).length > unitsMax) isAnyLong = true;
  if (!isAnyLong) return features;
  const message = `the prediction's key is longer than its topic accepts: ${bytesMax} bytes`;
  let refused = -1; // one event may have several rows, as `flatten` makes them
  return matrixOf(features, (i) => {
    if (Buffer.byteLength(keyOf(i)) <= bytesMax) return true;
    const record = batch.rawIndex[rows[i] as number] as number;
    if (record !== refused) context.reject(batch, rows[i] as number, 'OUTPUT_TOO_LARGE', message);
    refused = record;
    return false;
  });
}
