// What an earlier run has committed in the log (control path): G, and the watermark that was committed with it. The
// watermark tells apart what happens at one and the same offset: an epoch may end right before the event that closes a
// control boundary, and the boundary's own epoch ends there as well.
import type { CommittedOffset } from '../../ports/event-log.ts';

export interface Held {
  /** G: outputs of events below it are out. */
  readonly below: number;
  /** Event time, ms; of what happens at G, all up to it is out too. -Infinity where it is not known. */
  readonly watermarkMs: number;
}

export function heldOf(committed: CommittedOffset | null): Held {
  if (committed === null) return { below: 0, watermarkMs: Number.NEGATIVE_INFINITY };
  // Nothing where the offset was set by hand.
  const watermarkMs = committed.metadata === '' ? Number.NaN : Number(committed.metadata);
  return {
    below: committed.offset,
    watermarkMs: Number.isNaN(watermarkMs) ? Number.NEGATIVE_INFINITY : watermarkMs,
  };
}

/** What is committed beside G. */
export function metadataOf(watermarkMs: number): string {
  return String(watermarkMs);
}

/** Whether what comes of the events before `offsetNext`, at this watermark, is out already. */
export function isHeld(held: Held, offsetNext: number, watermarkMs: number): boolean {
  return offsetNext < held.below || (offsetNext === held.below && watermarkMs <= held.watermarkMs);
}
