// The end of a backfill by a signal (control path).
import { MillraceError } from '../../core/errors.ts';

export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Why a backfill ended after a signal. */
export function interrupted(topology: string): MillraceError {
  return new MillraceError('LOG_FAILED', 'the backfill was interrupted', {
    where: `topology ${topology}`,
    remedy:
      'Run it again: partitions that it finished are not played again, and rows that are in the history are not written twice.',
  });
}
