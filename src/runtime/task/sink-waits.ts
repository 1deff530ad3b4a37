// Where a task waits for sinks (control path).
import { setTimeout as sleep } from 'node:timers/promises';
import { SINK_ROWS_BUFFERED_MAX } from '../../core/history-limits.ts';
import { REVOKE_MS_MAX } from '../../core/task-limits.ts';
import type { Checkpoints } from '../commit/checkpoints.ts';
import type { TaskParts } from './task-parts.ts';

const POLL_MS = 50;

type Parts = Pick<TaskParts, 'bufferedRows' | 'assignment' | 'progress'>;

/** Sinks that are slow or away block the task once their buffers are full; the queue then pauses the partition. */
export async function sinksHaveRoom(parts: Parts, isStopping: () => boolean): Promise<void> {
  const { bufferedRows, assignment, progress } = parts;
  while (bufferedRows() > SINK_ROWS_BUFFERED_MAX && !isStopping() && !assignment.revoked.aborted) {
    progress.phase = 'waiting for a sink';
    await sleep(POLL_MS);
  }
}

/** A revoked partition waits for a sink that is away no longer than the group waits for the partition. */
export async function drainSinks({ assignment }: Parts, checkpoints: Checkpoints): Promise<void> {
  if (!assignment.revoked.aborted) return checkpoints.drain();
  const drained = checkpoints.drain();
  drained.catch(() => undefined); // after the bound its failure does not matter
  await Promise.race([drained, sleep(REVOKE_MS_MAX, undefined, { ref: false })]);
}
