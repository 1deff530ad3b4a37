// Settings of the Kafka adapter (types, and defaults).
import type { ConnectionOptions } from 'node:tls';
import type { AccessToken } from '../../../ports/credentials.ts';

/** A group's id of one process. */
export interface Membership {
  readonly groupId: string;
  readonly memberId: string;
}

/** Read, or asked, with each connection. */
export type SaslOptions =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: 'oauthbearer'; readonly token: () => Promise<AccessToken> };

export interface KafkaLogOptions {
  /** `host:port` of at least one broker. */
  readonly brokers: readonly string[];
  readonly clientId?: string;
  /** Options are read with each connection. */
  readonly ssl?: boolean | ConnectionOptions;
  readonly sasl?: SaslOptions | null;
  /** Copies of each topic that is created. Default: the broker's own default. */
  readonly replicationFactor?: number;
  /** Milliseconds without a heartbeat after which the group considers a member dead. Default SESSION_MS. */
  readonly sessionTimeoutMs?: number;
  /** Milliseconds after which the broker aborts a transaction that was left open. Default 60,000. */
  readonly transactionTimeoutMs?: number;
  /** Called with each membership when it begins, so that a process that outlives this one can end it. */
  readonly joined?: (membership: Membership) => void;
}

export const TRANSACTION_TIMEOUT_MS = 60_000;

/**
 * The same for a transaction of records that belong to no epoch: it is written at once, and readers of the topic wait for one
 * that a process left open when it was killed.
 */
export const RECORDS_TIMEOUT_MS = 20_000;
