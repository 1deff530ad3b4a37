// kafkajs's errors as a KafkaError (control path).
import { MillraceError, messageOf } from '../../../core/errors.ts';
import { errorCode, type KafkaFault } from './error-codes.ts';
import { KafkaError } from './kafka-error.ts';

const FAULTS: ReadonlyMap<string, KafkaFault> = new Map([
  ['KafkaJSSASLAuthenticationError', 'unauthenticated'],
  ['KafkaJSConnectionError', 'unreachable'],
  ['KafkaJSConnectionClosedError', 'unavailable'],
  ['KafkaJSRequestTimeoutError', 'unavailable'],
  ['KafkaJSBrokerNotFound', 'unavailable'],
  ['KafkaJSNoBrokerAvailableError', 'unavailable'],
  ['KafkaJSGroupCoordinatorNotFound', 'unavailable'],
  ['KafkaJSMetadataNotLoaded', 'unavailable'],
  ['KafkaJSTopicMetadataNotLoaded', 'unavailable'],
  ['KafkaJSLockTimeout', 'unavailable'],
  ['KafkaJSTimeout', 'unavailable'],
]);

/** Where several errors caused each other, the first of these is the one to act on. */
const PRECEDENCE: readonly KafkaFault[] = ['fenced', 'unauthenticated', 'unreachable', 'unavailable'];

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
  return new KafkaError(fault, messageOf(error), { code: answerCodeOf(error), cause: error });
}

function faultOf(error: Error): KafkaFault {
  if (error instanceof KafkaError) return error.fault;
  const code = answerCodeOf(error);
  return code === null ? (FAULTS.get(error.name) ?? 'refused') : errorCode(code).fault;
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

/** The error and the errors that caused it. */
function causesOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let at = error; at instanceof Error && !chain.includes(at); at = at.cause) chain.push(at);
  return chain;
}
