// A key's record in the topic TOPOLOGY.api-keys (control path): JSON under the key's id, read as if a stranger had written
// it.
import { decodeJsonRecord, encodeJsonRecord } from '../../../core/json-record.ts';
import { KEY_NAME_CHARS_MAX, KEY_RECORD_BYTES_MAX, KEY_TOPOLOGIES_MAX } from '../../../core/port-limits.ts';
import type { QuarantineReason, RecordFault } from '../../../ports/quarantine.ts';
import { isRole, type Role } from '../../../core/roles.ts';
import { isInstant } from '../../../core/time.ts';

export interface KeyRecord {
  readonly id: string;
  /** What the key is for, as its creator said. */
  readonly name: string;
  /** Of the key, hexadecimal. */
  readonly sha256: string;
  readonly roles: readonly Role[];
  /** Names of the topologies that the roles are granted for. */
  readonly topologies: readonly string[];
  readonly createdAtMs: number;
  readonly createdBy: string;
  /** Null: it does not expire. */
  readonly expiresAtMs: number | null;
  /** Null: it is not revoked. */
  readonly revokedAtMs: number | null;
}

/** The form of the record: another one is not read. */
const VERSION = 1;

const SHA256 = /^[\da-f]{64}$/;
const ID = /^[\da-f]{16}$/;
/** Control characters could rewrite the terminal of who lists the keys. */
const NAME = /^\P{Cc}+$/u;

export function encodeKeyRecord(record: KeyRecord): Buffer {
  return encodeJsonRecord(VERSION, record);
}

/**
 * The record of a topology, or the reason why it is none. Never throws.
 * @param key of the record in the topic
 */
export function decodeKeyRecord(value: Buffer, key: string, topology: string): KeyRecord | RecordFault {
  const decoded = decodeJsonRecord(VERSION, value, KEY_RECORD_BYTES_MAX);
  if ('reason' in decoded) return decoded;
  const { id, name, sha256, roles, topologies, createdAtMs, createdBy, expiresAtMs, revokedAtMs } =
    decoded.fields;
  if (typeof id !== 'string' || !ID.test(id) || id !== key)
    return fault('malformed', 'its id is malformed, or not its key');
  if (typeof sha256 !== 'string' || !SHA256.test(sha256)) return fault('malformed', 'its hash is malformed');
  if (!isName(name) || !isName(createdBy)) return fault('malformed', 'a name is malformed');
  if (!Array.isArray(roles) || !roles.every(isRole)) return fault('malformed', 'a role is unknown');
  if (!isTopologies(topologies)) return fault('malformed', 'its topologies are malformed');
  if (!topologies.includes(topology)) return fault('foreign', 'the key is for other topologies');
  if (!isTime(createdAtMs) || !isTimeOrNull(expiresAtMs) || !isTimeOrNull(revokedAtMs))
    return fault('range', 'a time is no instant');
  return { id, name, sha256, roles, topologies, createdAtMs, createdBy, expiresAtMs, revokedAtMs };
}

function fault(reason: QuarantineReason, detail: string): RecordFault {
  return { reason, detail };
}

/** Whether a text may name a key or its creator. */
export function isName(text: unknown): text is string {
  return typeof text === 'string' && text.length <= KEY_NAME_CHARS_MAX && NAME.test(text);
}

function isTopologies(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= KEY_TOPOLOGIES_MAX && value.every(isName);
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && isInstant(value);
}

function isTimeOrNull(value: unknown): value is number | null {
  return value === null || isTime(value);
}
