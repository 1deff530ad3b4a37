// Verifies the hash chain of the audit topic (control path): finds the first place at which a record was removed, changed,
// moved or inserted. The head of the chain, which is stored apart from its records, shows what is missing or was added at
// the end.
import { setTimeout as sleep } from 'node:timers/promises';
import { AUDIT_HEAD_POLLS_MAX, AUDIT_HEAD_POLL_MS } from '../../core/limits.ts';
import type { AuditRecord } from '../../ports/audit.ts';
import { auditTopic } from '../../topology/topics.ts';
import { auditHash, NO_RECORD, parseHead, type ChainHead } from './audit-chain.ts';
import { auditGroup } from './audit-log.ts';
import { readAudit, type AuditSource } from './read-audit.ts';

/** The first place at which the chain does not hold. */
export interface BrokenChain {
  /** Offset in the audit topic; null for records that are missing at the end. */
  readonly offset: number | null;
  readonly why: string;
}

export interface VerifiedAudit {
  /** Records whose place in the chain holds. */
  readonly records: number;
  /** Null if the chain holds. */
  readonly broken: BrokenChain | null;
  /** Whether the stored head confirms the end of the chain. */
  readonly isEndKnown: boolean;
  /** Hash of each record that holds, in order. */
  readonly hashes: readonly string[];
}

/** What is wrong with a record that should follow `head`; null if nothing is. */
function fault(topology: string, head: ChainHead, record: AuditRecord | null): string | null {
  if (record === null) return 'it is no audit record, and something other than Millrace wrote it';
  const { sequence, previous } = record;
  if (record.topology !== topology) return `it is of the topology ${record.topology}, and was inserted here`;
  if (record.hash !== auditHash(record))
    return 'its content is not what its hash was computed of: it was changed';
  if (sequence > head.sequence + 1)
    return `it has number ${sequence} after ${head.sequence}: records ${head.sequence + 1} to ${sequence - 1} are missing`;
  if (sequence <= head.sequence)
    return `it has number ${sequence} after ${head.sequence}: it was inserted or moved`;
  if (previous !== head.hash)
    return `it does not follow the record before it: that one was replaced, or this one was inserted`;
  return null;
}

async function storedHead({ log, topology }: AuditSource): Promise<ChainHead | null> {
  const topic = auditTopic(topology);
  if (!(await log.partitionCounts([topic])).has(topic)) return null;
  const offsets = await log.committedOffsets(auditGroup(topology), topic);
  return parseHead(offsets.get(0)?.metadata ?? '');
}

/** The stored head, once it is at `sequence` or past it: it may lag behind its record for some milliseconds. */
async function headPast(source: AuditSource, sequence: number): Promise<ChainHead | null> {
  let head = await storedHead(source);
  for (let polls = 0; head !== null && head.sequence < sequence && polls < AUDIT_HEAD_POLLS_MAX; polls++) {
    await sleep(AUDIT_HEAD_POLL_MS);
    head = await storedHead(source);
  }
  return head;
}

/** Reads the whole topic. Other processes may write meanwhile. */
export async function verifyAudit(source: AuditSource): Promise<VerifiedAudit> {
  const before = await storedHead(source);
  const hashes: string[] = [];
  const offsets: number[] = [];
  let head = NO_RECORD;
  let broken: BrokenChain | null = null;
  for await (const { offset, record } of readAudit(source)) {
    const why = fault(source.topology, head, record);
    if (why !== null || record === null) {
      broken = { offset, why: why ?? '' };
      break;
    }
    head = record;
    hashes.push(record.hash);
    offsets.push(offset);
  }
  const after = broken === null ? await headPast(source, head.sequence) : null;
  broken ??= endFault(before, after, hashes, offsets);
  return { records: hashes.length, broken, isEndKnown: after !== null, hashes };
}

/** Compares the end of the chain with the heads that were stored before and after it was read. */
function endFault(
  before: ChainHead | null,
  after: ChainHead | null,
  hashes: readonly string[],
  offsets: readonly number[],
): BrokenChain | null {
  const count = hashes.length;
  if (before !== null && before.sequence > count)
    return {
      offset: null,
      why: `the chain had ${before.sequence} records: records ${count + 1} to ${before.sequence} are missing at the end`,
    };
  if (before !== null && hashes[before.sequence - 1] !== before.hash)
    return {
      offset: offsets[before.sequence - 1] ?? null,
      why: `record ${before.sequence} is not the one that was committed: the chain was written again`,
    };
  if (after !== null && after.sequence < count)
    return {
      offset: offsets[after.sequence] ?? null,
      why: `the chain has ${after.sequence} records: something other than Millrace added this one`,
    };
  return null;
}
