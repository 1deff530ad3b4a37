// Retry policies for external systems (control path): cockatiel's, with exponential back-off and decorrelated jitter.
import { ExponentialBackoff, handleWhen, retry, timeout, TimeoutStrategy, wrap } from 'cockatiel';
import type { IPolicy, RetryPolicy } from 'cockatiel';
import { isEnvironmentFault } from '../core/faults.ts';
import { START_MS_MAX } from '../core/process-limits.ts';
import { RESTART_MS_MAX, RESTART_MS_MIN } from '../core/task-limits.ts';

export interface Waits {
  /** Approximate length of the first wait. */
  readonly startMs: number;
  readonly maxMs: number;
}

const START_WAITS: Waits = { startMs: 200, maxMs: 1_000 };

/** Before a part of the engine restarts. */
export const RESTART_WAITS: Waits = { startMs: RESTART_MS_MIN, maxMs: RESTART_MS_MAX };

/**
 * Retries without limit while `passes` accepts the failure.
 * @param failed called for each retried failure with the wait before the next attempt
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
    // The policy handles failures only, not results, so there is always an error.
    if ('error' in reason) failed(reason.error, Math.round(reason.delay));
  });
  return policy;
}

/** The same with no new attempt later than `boundMs` after the first; an attempt in progress is awaited. */
export function retriesWithin(boundMs: number, passes: (error: Error) => boolean, waits: Waits): IPolicy {
  return wrap(timeout(boundMs, TimeoutStrategy.Cooperative), retriesWhile(passes, waits));
}

/** What a start needs of a service: retried for at most START_MS_MAX while the fault may pass. The same for each service. */
export function atStart<T>(work: () => Promise<T>): Promise<T> {
  return retriesWithin(START_MS_MAX, isEnvironmentFault, START_WAITS).execute(work);
}
