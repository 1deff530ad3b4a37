// kafkajs's errors as ours (control path).
import { MillraceError, messageOf } from '../../../core/errors.ts';

const FENCED_TYPES = new Set(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'INVALID_PRODUCER_ID_MAPPING']);
/** PRODUCER_FENCED, which kafkajs has no name for. */
const PRODUCER_FENCED_CODE = 90;

/**
 * What kafkajs should have thrown: where each broker that it asked failed, it forgets why, and trips over the answer that
 * it lacks (`BrokerPool.withBroker` gives null).
 */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

const UNAVAILABLE_NAMES = new Set([
  'NoAnswerError',
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSBrokerNotFound',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSMetadataNotLoaded',
  'KafkaJSTopicMetadataNotLoaded',
  'KafkaJSLockTimeout',
  'KafkaJSTimeout',
]);

/** What a broker says that is starting, or while others are elected. */
const UNAVAILABLE_TYPES = new Set([
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'NOT_CONTROLLER',
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
  'REQUEST_TIMED_OUT',
  'NETWORK_EXCEPTION',
]);

/** `where`: the topic, group or transactional id; `brokers`: the addresses that were tried. */
export function kafkaFailure(
  error: unknown,
  what: string,
  where: string,
  brokers: readonly string[],
): MillraceError {
  if (error instanceof MillraceError) return error;
  const chain = causesOf(error);
  const detail = `${what}: ${messageOf(error)}`;
  if (chain.some(isFence)) {
    return new MillraceError('FENCED', detail, {
      where,
      remedy:
        'A newer owner has this id, or the broker ended a transaction that took too long: start from the last commit.',
      cause: error,
    });
  }
  if (chain.some(({ name }) => name === 'KafkaJSSASLAuthenticationError')) {
    return new MillraceError('LOG_FAILED', detail, {
      where: `${where} at ${brokers.join(', ')}`,
      remedy: 'Correct MILLRACE_KAFKA_SASL, MILLRACE_KAFKA_USERNAME and MILLRACE_KAFKA_PASSWORD.',
      cause: error,
    });
  }
  if (isUnavailable(error)) {
    return new MillraceError('LOG_UNAVAILABLE', detail, {
      where: `${where} at ${brokers.join(', ')}`,
      remedy:
        'Check that a Kafka broker listens and is ready there, and correct MILLRACE_KAFKA_BROKERS if it does not, or MILLRACE_KAFKA_TLS if it wants TLS, or none.',
      cause: error,
    });
  }
  return new MillraceError('LOG_FAILED', detail, { where, cause: error });
}

/** Brokers that do not answer, or are not ready yet: to ask again may help. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof MillraceError) return error.code === 'LOG_UNAVAILABLE';
  return causesOf(error).some(
    (cause) => UNAVAILABLE_NAMES.has(cause.name) || UNAVAILABLE_TYPES.has(typeOf(cause)),
  );
}

/** Nobody listens at an address that was given. */
export function isUnreachable(error: unknown): boolean {
  return causesOf(error).some((cause) => cause.name === 'KafkaJSConnectionError');
}

function isFence(error: Error): boolean {
  return FENCED_TYPES.has(typeOf(error)) || ('code' in error && error.code === PRODUCER_FENCED_CODE);
}

/** Kafka's name of what a broker said; '' where no broker said it. */
function typeOf(error: Error): string {
  return 'type' in error && typeof error.type === 'string' ? error.type : '';
}

/** The error and what it was wrapped around. */
function causesOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (
    let at = error;
    at instanceof Error && !chain.includes(at);
    at = 'cause' in at ? at.cause : undefined
  ) {
    chain.push(at);
    if ('originalError' in at && at.originalError instanceof Error) chain.push(at.originalError);
  }
  return chain;
}
