// Recoverable external failures (control path); anything else is a bug or a wrong setting, and a restart would fail again.
import { type ErrorCode, MillraceError } from '../../core/errors.ts';

/**
 * FENCED too: a partition that this process still owns was fenced by a former owner, or its transaction took too long; for
 * one that it no longer owns, the revocation is on the way and ends the restarts.
 */
const RESTARTABLE: ReadonlySet<ErrorCode> = new Set([
  'FENCED',
  'LOG_UNAVAILABLE',
  'LOG_FAILED',
  'STORE_UNAVAILABLE',
  'STORE_FAILED',
  'HISTORY_UNAVAILABLE',
  'HISTORY_FAILED',
  'SINK_UNAVAILABLE',
]);

export function isRestartable(error: Error): boolean {
  return error instanceof MillraceError && RESTARTABLE.has(error.code);
}
