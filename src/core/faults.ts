// What is done about an error (control path): each code has one kind, and retries, restarts and the end of the process go
// by the kind alone. Adapters give the errors of their clients a code by a table of their own.
import { type ErrorCode, MillraceError } from './errors.ts';

export type FaultKind =
  /** These bytes, this schema id, this size can never work: the record is set aside, and the others go on. */
  | 'record'
  /** A server is away, slow, electing or still creating something: retried with growing pauses. */
  | 'environment'
  /** Authorization, a wrong setting, a broken assumption: the process ends with exit code 1. */
  | 'configuration';

export const faultKinds: Readonly<Record<ErrorCode, FaultKind>> = {
  CONFIG_INVALID: 'configuration',
  TOPOLOGY_INVALID: 'configuration',
  CHANGE_INCOMPATIBLE: 'configuration',
  STAGE_FAILED: 'record',
  SCHEMA_INVALID: 'configuration',
  DATA_INVALID: 'configuration',
  SCHEMA_UNKNOWN: 'record',
  EVENT_MALFORMED: 'record',
  EVENT_NOT_FRAMED: 'record',
  EVENT_TIME_RANGE: 'record',
  EVENT_TIME_AHEAD: 'record',
  BATCH_UNREADABLE: 'record',
  BATCH_TOO_LARGE: 'record',
  CONTRACT_TYPE: 'record',
  CONTRACT_NULL: 'record',
  CONTRACT_RANGE: 'record',
  CONTRACT_CATEGORY: 'record',
  CONTRACT_PATTERN: 'record',
  CONTRACT_LENGTH: 'record',
  CONTRACT_REFERENCE: 'record',
  CONTRACT_CONDITION: 'record',
  CONTRACT_ORDER: 'record',
  CONTRACT_FRESHNESS: 'record',
  CONTRACT_VOLUME: 'record',
  CONTRACT_DISTRIBUTION: 'record',
  LOG_UNAVAILABLE: 'environment',
  LOG_FAILED: 'configuration',
  LOG_CHANGED: 'environment',
  OFFSET_LOST: 'configuration',
  OUTPUT_TOO_LARGE: 'record',
  OUTPUT_REFUSED: 'record',
  STORE_UNAVAILABLE: 'environment',
  STORE_LOST: 'environment',
  STORE_FAILED: 'configuration',
  STORE_LOSES_STATE: 'configuration',
  HISTORY_UNAVAILABLE: 'environment',
  HISTORY_FAILED: 'configuration',
  DISK_FULL: 'environment',
  REGISTRY_UNAVAILABLE: 'environment',
  REGISTRY_FAILED: 'configuration',
  ISSUER_UNAVAILABLE: 'environment',
  SINK_UNAVAILABLE: 'environment',
  SINK_FAILED: 'configuration',
  KEYS_UNAVAILABLE: 'environment',
  // A partition that this process still owns was fenced by a former owner, or its transaction took too long; for one that
  // it no longer owns, the revocation is on the way and ends the restarts.
  FENCED: 'environment',
  TABLE_UNAVAILABLE: 'environment',
  TABLE_TOO_LARGE: 'configuration',
  MODEL_INVALID: 'configuration',
  MODEL_UNKNOWN: 'configuration',
  MODEL_UNTRIED: 'environment',
  MODEL_NOT_TAKEN: 'environment',
  ERASURE_INCOMPLETE: 'environment',
  MODEL_FAILED: 'configuration',
  MODEL_TIMEOUT: 'environment',
  ARTIFACT_UNAVAILABLE: 'environment',
  TRAINING_FAILED: 'configuration',
  TRAINING_SET_TOO_SMALL: 'configuration',
  AUDIT_BROKEN: 'configuration',
  PORT_UNAVAILABLE: 'configuration',
  INVARIANT: 'configuration',
};

/** An error without a code, a TypeError for example, is a bug: it would be thrown again, so nothing is retried. */
export function faultKind(error: unknown): FaultKind {
  return error instanceof MillraceError ? faultKinds[error.code] : 'configuration';
}

/** Whether a retry may succeed. A record fault that gets this far was not set aside: a retry would meet it again. */
export function isEnvironmentFault(error: unknown): error is MillraceError {
  return faultKind(error) === 'environment';
}
