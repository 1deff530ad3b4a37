// Settings of the Kafka adapter (control path).
import type { ConnectionOptions } from 'node:tls';
import type { SASLOptions } from 'kafkajs';

/** By which a group knows a process. */
export interface Membership {
  readonly groupId: string;
  readonly memberId: string;
}

export interface KafkaLogOptions {
  /** `host:port` of one broker or more. */
  readonly brokers: readonly string[];
  readonly clientId?: string;
  readonly ssl?: boolean | ConnectionOptions;
  readonly sasl?: SASLOptions | null;
  /** Copies of each topic that is created; default: the broker's own default. */
  readonly replicationFactor?: number;
  /** Milliseconds without a heartbeat before the group takes a member for dead. Default SESSION_MS. */
  readonly sessionTimeoutMs?: number;
  /** Milliseconds before the broker aborts a transaction that was left open. Default 60,000. */
  readonly transactionTimeoutMs?: number;
  /** Told of each membership as it begins: who outlives this process can end it. */
  readonly joined?: (of: Membership) => void;
}

export const TRANSACTION_TIMEOUT_MS = 60_000;
