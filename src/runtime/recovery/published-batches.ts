// Batches of a task that reads again what an earlier run has committed (hot path, once a batch).
import type { Batch, RawBatch } from '../../core/batch.ts';
import { BATCH_ROWS_MAX } from '../../core/event-limits.ts';
import { isPublished, type CommittedPosition } from './committed-position.ts';
import type { CommittedPredictions } from './committed-predictions.ts';

/** Whether an earlier run has published the batch's outputs: no batch lies across the committed offset. */
export function isPublishedBatch(
  { offsets, offsetNext, labels }: Batch,
  position: CommittedPosition,
): boolean {
  if (labels !== null && labels.watermarkMs !== null)
    return isPublished(position, offsetNext, labels.watermarkMs);
  return (offsets[0] ?? position.offset) < position.offset;
}

/**
 * The end of a batch that starts at index `from`. Below the committed offset, one model made all of a batch's predictions;
 * no batch lies across that offset.
 */
export function batchEnd(
  raw: RawBatch,
  from: number,
  position: CommittedPosition,
  committed: CommittedPredictions,
): number {
  const end = Math.min(raw.count, from + BATCH_ROWS_MAX);
  const first = raw.offsets[from] as number;
  if (first >= position.offset) return end;
  return endBefore(raw, from, end, Math.min(position.offset, committed.versionEnd(first)));
}

/** The end of a batch [from, end) that must not lie across `offset`. */
export function endBefore(raw: RawBatch, from: number, end: number, offset: number): number {
  if ((raw.offsets[from] as number) >= offset) return end;
  let to = from + 1;
  while (to < end && (raw.offsets[to] as number) < offset) to++;
  return to;
}
