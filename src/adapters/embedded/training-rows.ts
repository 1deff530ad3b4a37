// Training sets and vectors from the rows of the SQLite history (control path).
import type { SQLOutputValue } from 'node:sqlite';
import { predictionId } from '../../core/blocks.ts';
import { textColumn } from '../../core/text-column.ts';
import type { RecentVectors, RowIdentities, TrainingSet } from '../../ports/history.ts';

type Rows = ReadonlyArray<Record<string, SQLOutputValue>>;

/** @param width features of a vector */
export function assembleVectors(rows: Rows, width: number): RecentVectors {
  const features = new Float32Array(rows.length * width);
  const bytes = new Uint8Array(features.buffer);
  for (const [i, row] of rows.entries()) {
    const vector = row['features'] as Uint8Array; // a BLOB of that length, by the query
    bytes.set(vector, i * vector.length);
  }
  return { rowCount: rows.length, width, features };
}

/** @param width features of a vector */
export function assemble(rows: Rows, width: number): TrainingSet {
  return {
    ...assembleVectors(rows, width),
    labels: Float32Array.from(rows, (row) => numberOf(row['label'])),
    scores: Float32Array.from(rows, (row) => numberOf(row['score'])),
    eventTimeMs: Float64Array.from(rows, (row) => Number(row['prediction_time'])),
  };
}

export function identitiesOf(rows: Rows): RowIdentities {
  const ids = rows.map(({ topic, partition, offset }) =>
    predictionId({ topic: String(topic), partition: Number(partition) }, Number(offset)),
  );
  return {
    ids: textColumn(ids),
    keys: textColumn(rows.map(({ key }) => String(key))),
    // A file of an earlier version has rows without entities.
    entities: textColumn(rows.map(({ entities }) => String(entities ?? '{}'))),
  };
}

/** NaN for null. */
function numberOf(value: SQLOutputValue | undefined): number {
  return value === null ? Number.NaN : Number(value);
}
