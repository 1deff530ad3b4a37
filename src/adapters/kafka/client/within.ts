// A bound on the wait for an answer (control path). kafkajs takes a connection that is closing for an open one, and then
// waits forever for the answer to what it sends there.
import { within as bounded } from '../../../resilience/within.ts';
import { KafkaError } from './kafka-error.ts';

/** Covers an election of leaders. */
export const ANSWER_MS_MAX = 10_000;

/** @throws KafkaError (unavailable) if there is no answer in time */
export function within<T>(boundMs: number, answer: Promise<T>): Promise<T> {
  const late = (): Error => new KafkaError('unavailable', `no answer from Kafka within ${boundMs / 1_000} s`);
  return bounded(boundMs, answer, late);
}
