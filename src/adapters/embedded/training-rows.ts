// Training sets and vectors from the rows of the SQLite history (control path).
import type { SQLOutputValue } from 'node:sqlite';
import type { RecentVectors, TrainingSet } from '../../ports/history.ts';

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

/** NaN for null. */
function numberOf(value: SQLOutputValue | undefined): number {
  return value === null ? Number.NaN : Number(value);
}
