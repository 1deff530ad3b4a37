// A bound on how long an answer of Kafka is waited for (control path). kafkajs takes a connection that is closing for an
// open one, and then waits for good for what it sends there.
import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '../../../core/errors.ts';

/** An election of leaders included. */
export const ANSWER_MS_MAX = 10_000;

/** @throws LOG_UNAVAILABLE where there is no answer in time */
export async function within<T>(boundMs: number, answer: Promise<T>): Promise<T> {
  const bound = new AbortController();
  const late = sleep(boundMs, undefined, { signal: bound.signal }).then(
    () => {
      throw new MillraceError('LOG_UNAVAILABLE', `no answer from Kafka within ${boundMs / 1_000} s`);
    },
    () => answer, // it was in time
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    bound.abort();
  }
}
