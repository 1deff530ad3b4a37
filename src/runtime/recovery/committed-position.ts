// What an earlier run has committed in the log (control path): the group's offset, and the watermark that was committed
// with it. The watermark distinguishes what happens at one and the same offset: an epoch may end right before the event
// that closes a control boundary, and the boundary's own epoch ends there as well.
import type { CommittedOffset } from '../../ports/event-log.ts';

export interface CommittedPosition {
  /** The group's offset: outputs of events below it are published. */
  readonly offset: number;
  /** Event time, ms; what happened at the offset up to this time is published too. -Infinity if it is unknown. */
  readonly watermarkMs: number;
}

export function committedPosition(committed: CommittedOffset | null): CommittedPosition {
  if (committed === null) return { offset: 0, watermarkMs: Number.NEGATIVE_INFINITY };
  // Empty if an operator set the offset.
  const watermarkMs = committed.metadata === '' ? Number.NaN : Number(committed.metadata);
  return {
    offset: committed.offset,
    watermarkMs: Number.isNaN(watermarkMs) ? Number.NEGATIVE_INFINITY : watermarkMs,
  };
}

/** The metadata that is committed with the group's offset. */
export function positionMetadata(watermarkMs: number): string {
  return String(watermarkMs);
}

/** Whether the outputs of the events before `offsetNext`, at this watermark, are published. */
export function isPublished(position: CommittedPosition, offsetNext: number, watermarkMs: number): boolean {
  return (
    offsetNext < position.offset || (offsetNext === position.offset && watermarkMs <= position.watermarkMs)
  );
}
