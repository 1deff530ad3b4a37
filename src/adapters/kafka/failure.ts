// kafkajs's errors as ours (control path).
import { MillraceError, messageOf } from '../../core/errors.ts';

const FENCED_TYPES = new Set(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'INVALID_PRODUCER_ID_MAPPING']);
/** PRODUCER_FENCED, which kafkajs has no name for. */
const PRODUCER_FENCED_CODE = 90;

const UNAVAILABLE_NAMES = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSBrokerNotFound',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSLockTimeout',
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
      mend: 'A newer owner has this id, or the broker ended a transaction that took too long: start from the last commit.',
      cause: error,
    });
  }
  if (chain.some((cause) => UNAVAILABLE_NAMES.has(cause.name))) {
    return new MillraceError('LOG_UNAVAILABLE', detail, {
      where: `${where} at ${brokers.join(', ')}`,
      mend: 'Check that a Kafka broker listens there, and correct MILLRACE_KAFKA_BROKERS if it does not.',
      cause: error,
    });
  }
  return new MillraceError('LOG_FAILED', detail, { where, cause: error });
}

function isFence(error: Error): boolean {
  if ('type' in error && typeof error.type === 'string' && FENCED_TYPES.has(error.type)) return true;
  return 'code' in error && error.code === PRODUCER_FENCED_CODE;
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
