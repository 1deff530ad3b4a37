// Batches of a task that reads again what an earlier run has committed (hot path, once a batch).
import type { Batch, RawBatch } from '../../core/batch.ts';
import { BATCH_ROWS_MAX } from '../../core/limits.ts';
import type { CommittedPredictions } from './committed-predictions.ts';
import { isHeld, type Held } from './held.ts';

/** Whether an earlier run has told what is in the batch: none lies across G. */
export function isOut({ offsets, offsetNext, labels }: Batch, held: Held): boolean {
  if (labels !== null && labels.watermarkMs !== null) return isHeld(held, offsetNext, labels.watermarkMs);
  return (offsets[0] ?? held.below) < held.below;
}

/** Where a batch that begins at index `from` ends. Below G one model made all of its predictions; none lies across G. */
export function batchEnd(raw: RawBatch, from: number, held: Held, committed: CommittedPredictions): number {
  const end = Math.min(raw.count, from + BATCH_ROWS_MAX);
  const first = raw.offsets[from] as number;
  if (first >= held.below) return end;
  const before = Math.min(held.below, committed.versionEnd(first));
  let to = from + 1;
  while (to < end && (raw.offsets[to] as number) < before) to++;
  return to;
}
