// Failures of the Kafka client as the engine's errors, with place and remedy (control path).
import { MillraceError, messageOf } from '../../core/errors.ts';
import type { KafkaFault } from './client/error-codes.ts';
import { KafkaError } from './client/kafka-error.ts';

const AWAY =
  'Check that a Kafka broker listens and is ready there. If it does not, correct MILLRACE_KAFKA_BROKERS, or ' +
  'MILLRACE_KAFKA_TLS if the broker expects TLS, or none.';

const REMEDIES: Readonly<Partial<Record<KafkaFault, string>>> = {
  fenced:
    'A newer owner has this id, or the broker ended a transaction that took too long: start from the last commit.',
  unauthenticated: 'Correct MILLRACE_KAFKA_SASL, MILLRACE_KAFKA_USERNAME and MILLRACE_KAFKA_PASSWORD.',
  unreachable: AWAY,
  unavailable: AWAY,
  unsupported: 'Use Kafka 2.3 or later.',
};

/**
 * @param what failed
 * @param where the topic, group or transactional id
 * @param brokers the addresses that were tried
 */
export function logFailure(
  error: unknown,
  what: string,
  where: string,
  brokers: readonly string[],
): MillraceError {
  if (error instanceof MillraceError) return error;
  const fault = error instanceof KafkaError ? error.fault : 'refused';
  const remedy = REMEDIES[fault];
  const at =
    fault === 'fenced' || fault === 'refused' || brokers.length === 0 ? '' : ` at ${brokers.join(', ')}`;
  return new MillraceError(codeOf(fault), `${what}: ${messageOf(error)}`, {
    where: `${where}${at}`,
    ...(remedy === undefined ? {} : { remedy }),
    cause: error,
  });
}

function codeOf(fault: KafkaFault): 'FENCED' | 'LOG_UNAVAILABLE' | 'LOG_FAILED' {
  switch (fault) {
    case 'fenced':
      return 'FENCED';
    case 'unreachable':
    case 'unavailable':
      return 'LOG_UNAVAILABLE';
    case 'unauthenticated':
    case 'unsupported':
    case 'refused':
      return 'LOG_FAILED';
  }
}
