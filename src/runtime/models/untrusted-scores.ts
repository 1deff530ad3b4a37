// Scores of many rows by a model that is not trusted (control path).
import { BATCH_ROWS_MAX } from '../../core/event-limits.ts';
import type { ScoreVectors } from '../../learning/probe/changed-rows.ts';
import type { ModelContent } from '../../core/model-content.ts';
import type { UntrustedScorer } from '../../ports/scorer.ts';

/** In batches, each within the bounds of a trial. @throws MODEL_INVALID with the reason, or MODEL_UNTRIED, when it scores */
export function inBatches(
  scorers: UntrustedScorer,
  given: {
    readonly version: string;
    readonly model: ModelContent;
    readonly inputWidth: number;
    readonly outputs?: number;
  },
): ScoreVectors {
  return async (values, rowCount) => {
    const { outputs = 1 } = given;
    const scores = new Float32Array(rowCount * outputs);
    for (let from = 0; from < rowCount; from += BATCH_ROWS_MAX) {
      const to = Math.min(rowCount, from + BATCH_ROWS_MAX);
      const rows = values.subarray(from * given.inputWidth, to * given.inputWidth);
      scores.set(
        await scorers.scoreUntrusted({ ...given, values: rows, rowCount: to - from }),
        from * outputs,
      );
    }
    return scores;
  };
}
