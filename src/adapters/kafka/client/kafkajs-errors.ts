// kafkajs's errors as a KafkaError (control path).
import { MillraceError, messageOf } from '../../../core/errors.ts';
import { errorCode, type KafkaFault } from './error-codes.ts';
import { KafkaError } from './kafka-error.ts';

/** Each class of kafkajs's errors that is no answer of a broker. */
export const kafkajsFaults: Readonly<Record<string, KafkaFault>> = {
  KafkaJSSASLAuthenticationError: 'unauthenticated',
  KafkaJSConnectionError: 'unreachable',
  KafkaJSConnectionClosedError: 'unavailable',
  KafkaJSRequestTimeoutError: 'unavailable',
  KafkaJSBrokerNotFound: 'unavailable',
  KafkaJSNoBrokerAvailableError: 'unavailable',
  KafkaJSGroupCoordinatorNotFound: 'unavailable',
  KafkaJSMetadataNotLoaded: 'unavailable',
  KafkaJSTopicMetadataNotLoaded: 'unavailable',
  KafkaJSStaleTopicMetadataAssignment: 'unavailable',
  KafkaJSPartialMessageError: 'unavailable',
  KafkaJSFetcherRebalanceError: 'unavailable',
  KafkaJSLockTimeout: 'unavailable',
  KafkaJSTimeout: 'unavailable',
  // Metadata that lacks a partition, and a producer that disconnects.
  KafkaJSError: 'unavailable',
  KafkaJSServerDoesNotSupportApiKey: 'unsupported',
  KafkaJSUnsupportedMagicByteInMessageSet: 'unsupported',
  // Wrappers: what they wrap decides.
  KafkaJSNumberOfRetriesExceeded: 'refused',
  KafkaJSAggregateError: 'refused',
  KafkaJSProtocolError: 'refused',
  KafkaJSOffsetOutOfRange: 'refused',
  KafkaJSMemberIdRequired: 'refused',
  KafkaJSCreateTopicError: 'refused',
  KafkaJSDeleteGroupsError: 'refused',
  KafkaJSDeleteTopicRecordsError: 'refused',
  KafkaJSAlterPartitionReassignmentsError: 'refused',
  // Arguments that it refuses, and its own broken assumptions.
  KafkaJSNonRetriableError: 'refused',
  KafkaJSNotImplemented: 'refused',
  KafkaJSInvariantViolation: 'refused',
  KafkaJSInvalidVarIntError: 'refused',
  KafkaJSInvalidLongError: 'refused',
};

/** Where several errors caused each other, the first of these is the one to act on. */
const PRECEDENCE: readonly KafkaFault[] = [
  'fenced',
  'unauthenticated',
  'unauthorized',
  'record',
  'unsupported',
  'unreachable',
  'unavailable',
];

/** Runs a call of kafkajs. @throws KafkaError, or a MillraceError as it is */
export async function classified<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toKafkaError(error);
  }
}

export function toKafkaError(error: unknown): KafkaError | MillraceError {
  if (error instanceof KafkaError || error instanceof MillraceError) return error;
  const causes = causesOf(error);
  const faults = new Set(causes.map(faultOf));
  const fault = PRECEDENCE.find((candidate) => faults.has(candidate)) ?? 'refused';
  const code = causes.map(answerCodeOf).find((found) => found !== null) ?? null;
  return new KafkaError(fault, messageOf(error), { code, cause: error });
}

function faultOf(error: Error): KafkaFault {
  if (error instanceof KafkaError) return error.fault;
  const code = answerCodeOf(error);
  if (code !== null) return errorCode(code).fault;
  const known = kafkajsFaults[error.name];
  if (known !== undefined) return known;
  return isOfSystem(error) || isOfKafkajs(error) ? 'unavailable' : 'refused';
}

/** An error of a socket or of name resolution. */
function isOfSystem(error: Error): boolean {
  return 'syscall' in error || ('code' in error && typeof error.code === 'string');
}

/** An error without a class of its own: kafkajs uses a connection that has gone, or decodes an answer that broke off. */
function isOfKafkajs(error: Error): boolean {
  const frame = error.stack?.split('\n').find((line) => /^\s+at /.test(line)) ?? '';
  return /[\\/]kafkajs[\\/]/.test(frame);
}

/** How kafkajs reports a code that it does not know: the code is in the message alone, and `code` is -99. */
const UNKNOWN_CODE = /^Unknown error code (-?\d+)$/;

/**
 * The error code of a broker's answer; null for any other error. kafkajs's protocol errors have a numeric `code` beside
 * their `type`; `code` is a string on errors of a socket.
 */
function answerCodeOf(error: unknown): number | null {
  if (!(error instanceof Error) || !('type' in error) || !('code' in error)) return null;
  if (typeof error.code !== 'number') return null;
  const unknown = UNKNOWN_CODE.exec(error.message);
  return unknown === null ? error.code : Number(unknown[1]);
}

/** The error and the errors that caused it, or that it collects. */
function causesOf(error: unknown, found: Error[] = []): Error[] {
  if (!(error instanceof Error) || found.includes(error)) return found;
  found.push(error);
  if ('errors' in error && Array.isArray(error.errors)) for (const one of error.errors) causesOf(one, found);
  return causesOf(error.cause, found);
}
