// Waits until a merge has come to the end of what tasks have sent it (control path): for commands that end.
import type { EventLog } from '../../ports/event-log.ts';
import type { Merge } from '../../topology/merge.ts';

const POLL_MS = 50;

export interface UntilMerged {
  readonly log: Pick<EventLog, 'ends' | 'committedOffsets'>;
  readonly isStopped: () => boolean;
  /** Monotonic, ms. */
  readonly clock: () => number;
  /** Time without progress after which it gives up, ms: another topology that fills the topic may not run. */
  readonly stuckMs: number;
}

/** @returns false if it gave up: rows wait for a source */
export async function untilMerged(merge: Merge, parts: UntilMerged): Promise<boolean> {
  const { log, isStopped, clock, stuckMs } = parts;
  const ends = await log.ends(merge.before);
  let lastLeft = Number.POSITIVE_INFINITY;
  let sinceMs = clock();
  while (!isStopped()) {
    const committed = await log.committedOffsets(merge.groupId, merge.before);
    const left = ends.reduce(
      (sum, { readable }, partition) => sum + Math.max(0, readable - (committed.get(partition)?.offset ?? 0)),
      0,
    );
    if (left === 0) return true;
    if (left < lastLeft) sinceMs = clock();
    else if (clock() - sinceMs >= stuckMs) return false;
    lastLeft = left;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return false;
}
