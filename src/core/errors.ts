// Errors (control path). A closed set of codes: a caller can switch on `code`, a log can be counted by it. No secret that the
// process knows is in an error's text or its causes.
import { redacted, redactError } from './secrets.ts';

/**
 * Every code a MillraceError can carry. Add one here, with the layer that raises it, before raising it, and its kind in
 * faults.ts.
 */
export const errorCodes = [
  // configuration and definition
  'CONFIG_INVALID', // a setting or flag is missing or malformed
  'TOPOLOGY_INVALID', // a topology names a column, stage or type that does not exist
  'CHANGE_INCOMPATIBLE', // a topology differs from an earlier one in what producers or consumers rely on
  'STAGE_FAILED', // a function that a topology gave to a stage threw
  'SCHEMA_INVALID', // an Avro schema cannot be used as a source or sink
  'DATA_INVALID', // a data file that is missing or damaged
  'SCHEMA_UNKNOWN', // a record names a schema id that the registry does not hold
  // events
  'EVENT_MALFORMED', // bytes that do not decode with the schema
  'EVENT_NOT_FRAMED', // bytes without the Confluent wire format's magic byte and schema id
  'EVENT_TIME_RANGE', // an event time that is no instant between 1900 and 2300
  'EVENT_TIME_AHEAD', // an event time too far ahead of its record's own timestamp
  'BATCH_UNREADABLE', // the record batch that holds it is damaged, or compressed in a way that is unknown
  'BATCH_TOO_LARGE', // the record batch that holds it expands past RECORD_BATCH_INFLATED_BYTES_MAX
  'CONTRACT_TYPE', // a value that is not of the type that a contract rule requires
  'CONTRACT_NULL', // a null where a contract rule or a key requires a value
  'CONTRACT_RANGE', // a number outside the range of a contract rule
  'CONTRACT_CATEGORY', // a string that a contract rule does not list
  'CONTRACT_PATTERN', // a string that a contract rule's regular expression does not match
  'CONTRACT_LENGTH', // a string that is shorter or longer than a contract rule allows
  'CONTRACT_REFERENCE', // a value that the table of a contract rule does not have
  'CONTRACT_CONDITION', // a condition over columns that does not hold
  'CONTRACT_ORDER', // a number below that of an earlier event of its key
  'CONTRACT_FRESHNESS', // an event time too far from the record's timestamp
  'CONTRACT_VOLUME', // more or fewer events of the partition than a contract expects
  'CONTRACT_DISTRIBUTION', // values of the partition that are distributed otherwise than a contract expects
  // outside systems
  'LOG_UNAVAILABLE', // the log does not answer, or is not ready yet
  'LOG_FAILED', // the log refuses a request, and would again
  'LOG_CHANGED', // the log no longer has what is being read: the task restarts, and goes by MILLRACE_OFFSET_RESET
  'OFFSET_LOST', // the log no longer has what was not read yet, and MILLRACE_OFFSET_RESET is fail
  'OUTPUT_TOO_LARGE', // an event's output is larger than its topic accepts
  'OUTPUT_REFUSED', // the log accepts no such record as an event's output
  'STORE_UNAVAILABLE', // the state store does not answer, or is not ready yet
  'STORE_LOST', // the state store has lost state, which is rebuilt
  'STORE_FAILED', // the state store refuses a request, and would again
  'STORE_LOSES_STATE', // the state store is set to drop state, or loses it before it is rebuilt, again and again
  'HISTORY_UNAVAILABLE', // the history does not answer, or is not ready yet
  'HISTORY_FAILED', // the history refuses a request, and would again
  'DISK_FULL', // a disk has no space left
  'REGISTRY_UNAVAILABLE', // the schema registry, or MLflow, does not answer, or is not ready yet
  'REGISTRY_FAILED', // the schema registry, or MLflow, refuses a request, and would again
  'SINK_UNAVAILABLE', // a sink does not take rows for now
  'SINK_FAILED', // a sink threw where it must only buffer
  'KEYS_UNAVAILABLE', // the key-management service does not wrap or unwrap data keys for now
  'FENCED', // a newer owner has the partition: this one must stop
  'ISSUER_UNAVAILABLE', // the keys of the issuer of tokens cannot be read
  'TABLE_UNAVAILABLE', // a lookup table cannot be read for now
  'TABLE_TOO_LARGE', // a lookup table has more rows, or takes more memory, than it may
  // models
  'MODEL_INVALID', // signature or graph that the scorer cannot run
  'MODEL_UNKNOWN', // a version that the registry does not hold
  'MODEL_UNTRIED', // a model cannot be tried for now: there is no process, or no memory, to try it in
  'MODEL_NOT_TAKEN', // a promoted version that some partition does not score with yet
  'MODEL_FAILED', // a run threw
  'MODEL_TIMEOUT', // a run took too long
  'ARTIFACT_UNAVAILABLE', // an artifact that an update names is missing or damaged, or its store does not answer
  'TRAINING_FAILED', // a training threw or did not converge
  'TRAINING_SET_TOO_SMALL', // too few labelled rows to train or to judge
  // erasure
  'ERASURE_INCOMPLETE', // a partition has not erased an entity yet
  // audit
  'AUDIT_BROKEN', // the chain of the audit log does not hold
  // serving
  'PORT_UNAVAILABLE', // the serving port cannot be opened
  // a broken assumption of the engine
  'INVARIANT', // a broken assumption of the engine: a bug
] as const;

export type ErrorCode = (typeof errorCodes)[number];

export interface ErrorDetail {
  /** What the error happened to: a topic-partition-offset, a file, a flag. */
  readonly where?: string;
  /** What the reader can do, as an imperative sentence. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

/**
 * The one error class of the project: says what, where and how to fix it.
 * @example throw new MillraceError('CONFIG_INVALID', 'port is not a number', { where: '--port', remedy: 'Give a port from 0 to 65535.' })
 */
export class MillraceError extends Error {
  readonly code: ErrorCode;
  /** The message without place and remedy. */
  readonly what: string;
  readonly where: string | undefined;
  readonly remedy: string | undefined;

  constructor(code: ErrorCode, what: string, detail: ErrorDetail = {}) {
    const { cause } = detail;
    const where = detail.where === undefined ? undefined : redacted(detail.where);
    const remedy = detail.remedy === undefined ? undefined : redacted(detail.remedy);
    const clean = redacted(what);
    const place = where === undefined ? '' : ` (${where})`;
    const advice = remedy === undefined ? '' : ` ${remedy}`;
    super(`${clean}${place}.${advice}`, cause === undefined ? {} : { cause });
    if (cause !== undefined) redactError(cause);
    this.name = 'MillraceError';
    this.code = code;
    this.what = clean;
    this.where = where;
    this.remedy = remedy;
  }
}

/** True for a MillraceError with that code. */
export function isCode(error: unknown, code: ErrorCode): error is MillraceError {
  return error instanceof MillraceError && error.code === code;
}

/** Asserts an assumption of the engine; a failure is a bug in Millrace, never the user's. */
export function invariant(holds: boolean, what: string): asserts holds {
  if (!holds) {
    throw new MillraceError('INVARIANT', `broken assumption: ${what}`, {
      remedy: 'This is a bug in Millrace: please report it with this message.',
    });
  }
}

/** The message of any thrown value, without secrets. */
export function messageOf(error: unknown): string {
  return redacted(error instanceof Error ? error.message : String(error));
}
