// The hash chain of audit records (control path): each has the hash of the one before it, so that a record can be neither
// changed, removed, inserted nor moved without breaking the chain at that place.
import { createHash } from 'node:crypto';
import { AUDIT_NAME_CHARS_MAX, AUDIT_VALUE_CHARS_MAX } from '../../core/audit-limits.ts';
import { redacted } from '../../core/secrets.ts';
import { stableJson } from '../../core/stable-json.ts';
import type { AuditRecord, Change } from '../../ports/audit.ts';

/** Where a chain ends. */
export interface ChainHead {
  readonly sequence: number;
  readonly hash: string;
}

/** Before the first record. */
export const NO_RECORD: ChainHead = { sequence: 0, hash: '' };

/** SHA-256 of the UTF-8 text of a JSON array of the fields, in this order; hexadecimal. */
export function auditHash(record: Omit<AuditRecord, 'hash'>): string {
  const { topology, sequence, atMs, action, actor, from, subject, before, after, previous } = record;
  const fields = [topology, sequence, atMs, action, actor, from, subject, before, after, previous];
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}

/** Without secrets, as UTF-8 can carry it, so that it is read back as it was hashed, and bounded. */
function bounded(text: string, charactersMax: number): string {
  const whole = redacted(text).toWellFormed();
  return whole.length <= charactersMax ? whole : `${whole.slice(0, charactersMax).toWellFormed()}…`;
}

function valueText(value: unknown): string | null {
  return value === null || value === undefined ? null : bounded(stableJson(value), AUDIT_VALUE_CHARS_MAX);
}

/** The record of a change that follows `head`. */
export function chained(topology: string, head: ChainHead, change: Change, atMs: number): AuditRecord {
  const record = {
    topology,
    sequence: head.sequence + 1,
    atMs,
    action: change.action,
    actor: bounded(change.actor, AUDIT_NAME_CHARS_MAX),
    from: bounded(change.from, AUDIT_NAME_CHARS_MAX),
    subject: bounded(change.subject, AUDIT_NAME_CHARS_MAX),
    before: valueText(change.before),
    after: valueText(change.after),
    previous: head.hash,
  };
  return { ...record, hash: auditHash(record) };
}

/** Whether a record is one of this topology's chain, with the hash of its own content. */
export function isIntact(topology: string, record: AuditRecord): boolean {
  return record.topology === topology && record.hash === auditHash(record);
}

/** A head as the metadata of the group's offset has it. */
export function headText({ sequence, hash }: ChainHead): string {
  return `${sequence} ${hash}`;
}

/** Null for a text that is no head: anyone who may commit offsets can write one. */
export function parseHead(text: string): ChainHead | null {
  const [, sequence, hash] = /^([1-9]\d{0,14}) ([\da-f]{64})$/.exec(text) ?? [];
  return sequence === undefined || hash === undefined ? null : { sequence: Number(sequence), hash };
}
