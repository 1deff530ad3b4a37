// What the outside can get over (control path); anything else is a bug or a setting, and a restart would meet it again.
import { type ErrorCode, MillraceError } from '../../core/errors.ts';

/**
 * Fenced too: a partition that is still ours was fenced by an owner that is no more one, or its transaction took too long;
 * where it is not, its revocation is on the way and ends the restarts.
 */
const RESTARTABLE: ReadonlySet<ErrorCode> = new Set([
  'FENCED',
  'LOG_UNAVAILABLE',
  'LOG_FAILED',
  'STORE_UNAVAILABLE',
  'STORE_FAILED',
  'HISTORY_UNAVAILABLE',
  'HISTORY_FAILED',
]);

export function isRestartable(error: Error): boolean {
  return error instanceof MillraceError && RESTARTABLE.has(error.code);
}
