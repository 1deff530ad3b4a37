// The records of TOPOLOGY.erasures (control path): JSON, read as if a stranger had written it.
import { decodeJsonRecord, encodeJsonRecord } from '../../core/json-record.ts';
import { ERASURE_RECORD_BYTES_MAX } from '../../core/key-limits.ts';
import { PARTITIONS_MAX } from '../../core/topology-limits.ts';
import { isInstant } from '../../core/time.ts';
import type { LogRecord } from '../../ports/event-log.ts';
import type { QuarantineReason, RecordFault } from '../../ports/quarantine.ts';

/** An entity is to be erased, in every partition. */
export interface ErasureRequest {
  readonly kind: 'request';
  /** Names the entity: `entityDigest`. */
  readonly digest: string;
  /** The entity as stages see it; null once it is erased everywhere. */
  readonly entity: string | null;
  /** Of the source topic, whose offsets these are; null if the log has no ids. */
  readonly topicId: string | null;
  /** Where each partition of the source ended: events before it are erased. */
  readonly ends: readonly number[];
  /** Grows with each request of a topology. */
  readonly sequence: number;
  readonly requestedAtMs: number;
}

/** The owner of a partition has erased it from the state, and destroyed its data key. */
export interface AppliedErasure {
  readonly kind: 'applied';
  readonly digest: string;
  readonly topicId: string | null;
  readonly partition: number;
  /** Events of the entity below this offset leave nothing when they are read again. */
  readonly below: number;
  /** Of the request. */
  readonly sequence: number;
}

export type ErasureRecord = ErasureRequest | AppliedErasure;

/** The form of the records: another one is not read. */
const VERSION = 1;
const DIGEST = /^[\da-f]{64}$/;

/** The key of a record in its topic: a later one replaces it. */
export function erasureKey(record: ErasureRecord): string {
  return record.kind === 'request'
    ? `request:${record.digest}`
    : `applied:${record.partition}:${record.digest}`;
}

export function encodeErasure(record: ErasureRecord): Buffer {
  return encodeJsonRecord(VERSION, record);
}

export function erasureLogRecord(record: ErasureRecord, timestampMs: number): LogRecord {
  return { key: Buffer.from(erasureKey(record)), value: encodeErasure(record), timestampMs };
}

/** The record, or the reason why it is none. Never throws. @param key of the record in the topic */
export function decodeErasure(value: Buffer, key: string): ErasureRecord | RecordFault {
  const decoded = decodeJsonRecord(VERSION, value, ERASURE_RECORD_BYTES_MAX);
  if ('reason' in decoded) return decoded;
  const { fields } = decoded;
  const record = fields['kind'] === 'applied' ? appliedOf(fields) : requestOf(fields);
  if (record === null) return fault('malformed', 'a field is missing or out of range');
  return erasureKey(record) === key ? record : fault('malformed', 'its key is of another record');
}

function requestOf(fields: Readonly<Record<string, unknown>>): ErasureRequest | null {
  const { kind, digest, entity, topicId, ends, sequence, requestedAtMs } = fields;
  if (kind !== 'request' || !isDigest(digest) || !isTextOrNull(entity) || !isTextOrNull(topicId)) return null;
  if (!Array.isArray(ends) || ends.length > PARTITIONS_MAX || !ends.every(isOffset)) return null;
  if (!isOffset(sequence) || typeof requestedAtMs !== 'number' || !isInstant(requestedAtMs)) return null;
  return { kind, digest, entity, topicId, ends, sequence, requestedAtMs };
}

function appliedOf(fields: Readonly<Record<string, unknown>>): AppliedErasure | null {
  const { kind, digest, topicId, partition, below, sequence } = fields;
  if (kind !== 'applied' || !isDigest(digest) || !isTextOrNull(topicId)) return null;
  if (!isOffset(partition) || partition >= PARTITIONS_MAX || !isOffset(below) || !isOffset(sequence))
    return null;
  return { kind, digest, topicId, partition, below, sequence };
}

function fault(reason: QuarantineReason, detail: string): RecordFault {
  return { reason, detail };
}

function isDigest(value: unknown): value is string {
  return typeof value === 'string' && DIGEST.test(value);
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

function isOffset(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
