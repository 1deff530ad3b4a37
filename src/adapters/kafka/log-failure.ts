// Failures of the Kafka client as the engine's errors, with place and remedy (control path).
import { type ErrorCode, MillraceError, messageOf } from '../../core/errors.ts';
import { UNKNOWN_TOPIC_OR_PARTITION, type KafkaFault } from './client/error-codes.ts';
import { isCodeOf, KafkaError } from './client/kafka-error.ts';

const AWAY =
  'Check that a Kafka broker listens and is ready there. If it does not, correct MILLRACE_KAFKA_BROKERS, or ' +
  'MILLRACE_KAFKA_TLS if the broker expects TLS, or none.';

/** What a fault means to the engine, and what the operator can do about it. */
export const kafkaFaults: Readonly<
  Record<KafkaFault, { readonly code: ErrorCode; readonly remedy: string; readonly namesBrokers: boolean }>
> = {
  fenced: {
    code: 'FENCED',
    remedy:
      'A newer owner has this id, or the broker ended a transaction that took too long: start from the last commit.',
    namesBrokers: false,
  },
  record: {
    code: 'OUTPUT_REFUSED',
    remedy: "Raise the topic's max.message.bytes, or its message.timestamp.after.max.ms.",
    namesBrokers: false,
  },
  unauthenticated: {
    code: 'LOG_FAILED',
    remedy:
      'Correct MILLRACE_KAFKA_SASL, and MILLRACE_KAFKA_USERNAME and MILLRACE_KAFKA_PASSWORD, or where its tokens come from.',
    namesBrokers: true,
  },
  unauthorized: {
    code: 'LOG_FAILED',
    remedy:
      "Allow this user to access the topology's topics, its groups (millrace.<topology>*) and the transactional ids " +
      'with the same prefix.',
    namesBrokers: true,
  },
  unreachable: { code: 'LOG_UNAVAILABLE', remedy: AWAY, namesBrokers: true },
  unavailable: { code: 'LOG_UNAVAILABLE', remedy: AWAY, namesBrokers: true },
  unsupported: { code: 'LOG_FAILED', remedy: 'Use Kafka 2.3 or later.', namesBrokers: true },
  refused: {
    code: 'LOG_FAILED',
    remedy: "Look up the reason in the broker's log, correct it, and start again.",
    namesBrokers: false,
  },
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
  const { code, remedy, namesBrokers } = kafkaFaults[fault];
  const at = namesBrokers && brokers.length > 0 ? ` at ${brokers.join(', ')}` : '';
  return new MillraceError(code, `${what}: ${messageOf(error)}`, {
    where: `${where}${at}`,
    remedy: isCodeOf(error, UNKNOWN_TOPIC_OR_PARTITION)
      ? 'Create the topic, or wait until every broker knows it.'
      : remedy,
    cause: error,
  });
}
