// How the outside is asked again (control path): policies of cockatiel, whose waits grow with decorrelated jitter.
import { ExponentialBackoff, handleWhen, retry, timeout, TimeoutStrategy, wrap } from 'cockatiel';
import type { IPolicy, RetryPolicy } from 'cockatiel';
import { RESTART_MS_MAX, RESTART_MS_MIN } from '../core/limits.ts';

export interface Waits {
  /** About as long as the first wait is. */
  readonly startMs: number;
  readonly maxMs: number;
}

/** Before a part of the engine begins anew. */
export const RESTART_WAITS: Waits = { startMs: RESTART_MS_MIN, maxMs: RESTART_MS_MAX };

/**
 * For as long as a failure is one that `passes`.
 * @param failed told of each failure that is got over, and how long the wait before the next try is
 */
export function retriesWhile(
  passes: (error: Error) => boolean,
  { startMs, maxMs }: Waits,
  failed: (error: Error, pauseMs: number) => void = () => undefined,
): RetryPolicy {
  const policy = retry(handleWhen(passes), {
    maxAttempts: Number.POSITIVE_INFINITY,
    backoff: new ExponentialBackoff({ initialDelay: startMs, maxDelay: maxMs }),
  });
  policy.onRetry((reason) => {
    // Only failures are handled here, no results: there is always an error.
    if ('error' in reason) failed(reason.error, Math.round(reason.delay));
  });
  return policy;
}

/** The same, with no new try later than `boundMs` after the first; a try that is under way then is waited for. */
export function retriesWithin(boundMs: number, passes: (error: Error) => boolean, waits: Waits): IPolicy {
  return wrap(timeout(boundMs, TimeoutStrategy.Cooperative), retriesWhile(passes, waits));
}
