// Scores of a model file, as it serves (control path).
import { BATCH_ROWS_MAX } from '../core/event-limits.ts';
import type { ScorerFactory } from '../ports/scorer.ts';
import type { RawRows } from './rows.ts';

/** All outputs of the rows, row-major. Throws MODEL_INVALID and MODEL_FAILED. */
export async function scoreRows(
  scorers: ScorerFactory,
  model: Uint8Array,
  rows: RawRows,
  outputs = 1,
): Promise<Float32Array> {
  const { rowCount, width, features } = rows;
  const scorer = await scorers.load('under evaluation', model, width, outputs);
  const scores = new Float32Array(rowCount * outputs);
  try {
    for (let from = 0; from < rowCount; from += BATCH_ROWS_MAX) {
      const to = Math.min(rowCount, from + BATCH_ROWS_MAX);
      await scorer.run(
        features.subarray(from * width, to * width),
        to - from,
        scores.subarray(from * outputs, to * outputs),
      );
    }
  } finally {
    await scorer.close();
  }
  return scores;
}
