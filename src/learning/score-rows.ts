// Scores of a model file, as it serves (control path).
import { BATCH_ROWS_MAX } from '../core/limits.ts';
import type { ScorerFactory } from '../ports/scorer.ts';
import type { RawRows } from './rows.ts';

/** Throws MODEL_INVALID and MODEL_FAILED. */
export async function scoreRows(
  scorers: ScorerFactory,
  model: Uint8Array,
  rows: RawRows,
): Promise<Float32Array> {
  const { rowCount, width, features } = rows;
  const scorer = await scorers.load('under evaluation', model, width);
  const scores = new Float32Array(rowCount);
  try {
    for (let from = 0; from < rowCount; from += BATCH_ROWS_MAX) {
      const to = Math.min(rowCount, from + BATCH_ROWS_MAX);
      await scorer.run(features.subarray(from * width, to * width), to - from, scores.subarray(from, to));
    }
  } finally {
    await scorer.close();
  }
  return scores;
}
