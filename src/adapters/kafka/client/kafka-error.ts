// Every failure of the Kafka client, classified (control path).
import { errorCode, UNKNOWN_TOPIC_OR_PARTITION, type KafkaFault } from './error-codes.ts';

/**
 * For how long a topic that a broker does not know is asked for: brokers learn about it some milliseconds after the
 * controller created it, more if they are busy.
 */
export const UNKNOWN_TOPIC_MS_MAX = 5_000;

export class KafkaError extends Error {
  override readonly name = 'KafkaError';
  readonly fault: KafkaFault;
  /** The error code that a broker answered with; null if no broker answered. */
  readonly code: number | null;
  /** Whether the broker's answer says that the same request may succeed later. */
  readonly isRetriable: boolean;

  constructor(
    fault: KafkaFault,
    message: string,
    { code = null, cause }: { readonly code?: number | null; readonly cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.fault = fault;
    this.code = code;
    this.isRetriable = code !== null && errorCode(code).isRetriable;
  }

  /** @param where the topic, partition, group or request that the code is about */
  static ofCode(code: number, where: string): KafkaError {
    const { fault, name } = errorCode(code);
    return new KafkaError(fault, `${where}: ${name}`, { code });
  }
}

/** Brokers do not answer, or are not ready yet: a retry may succeed. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof KafkaError && (error.fault === 'unavailable' || error.fault === 'unreachable');
}

/** A broker answered with an error code: its connection works. */
export function isAnswer(error: unknown): boolean {
  return error instanceof KafkaError && error.code !== null;
}

/** A broker answered with this error code. */
export function isCodeOf(error: unknown, code: number): boolean {
  return error instanceof KafkaError && error.code === code;
}

/** The topic was created just now, by this client or another; or it does not exist. */
export function isUnknownTopic(error: unknown): boolean {
  return isCodeOf(error, UNKNOWN_TOPIC_OR_PARTITION);
}
