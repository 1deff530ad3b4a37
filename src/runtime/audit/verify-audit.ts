// Verifies the hash chain of the audit topic (control path): finds the first place at which a record was removed, changed,
// moved or inserted. The head of the chain, which is stored apart from its records, shows what is missing or was added at
// the end.
import { setTimeout as sleep } from 'node:timers/promises';
import { AUDIT_HEAD_POLLS_MAX, AUDIT_HEAD_POLL_MS } from '../../core/audit-limits.ts';
import type { AuditRecord } from '../../ports/audit.ts';
import type { History } from '../../ports/history.ts';
import { auditTopic } from '../../topology/topics.ts';
import { auditHash, isIntact, NO_RECORD, parseHead, type ChainHead } from './audit-chain.ts';
import { auditGroup, auditPartition } from './audit-log.ts';
import { readAudit, type AuditSource } from './read-audit.ts';

/** The first place at which the chain does not hold. */
export interface BrokenChain {
  /** Offset in the audit topic; null for a record that is not there. */
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

/**
 * The stored head, once it is at `sequence` or past it: it may lag behind its record for some milliseconds, and be outdated for longer
 * where a broker has crashed.
 */
async function headPast(source: AuditSource, sequence: number): Promise<ChainHead | null> {
  let head = await storedHead(source);
  for (let polls = 0; head !== null && head.sequence < sequence && polls < AUDIT_HEAD_POLLS_MAX; polls++) {
    await sleep(AUDIT_HEAD_POLL_MS);
    head = await storedHead(source);
  }
  if (sequence <= (head?.sequence ?? 0)) return head;
  const { log, topology } = source;
  const recorded = await log.recordedOffset(auditGroup(topology), auditPartition(topology), null);
  return parseHead(recorded?.metadata ?? '') ?? head;
}

/**
 * Reads the whole topic. Other processes may write meanwhile.
 * @param copy the table with the copy of the audit log; null if there is none
 */
export async function verifyAudit(
  source: AuditSource,
  copy: Pick<History, 'readAudit'> | null,
): Promise<VerifiedAudit> {
  // First: what is copied is in the topic already.
  const copied = copy === null ? [] : await readCopy(source.topology, copy);
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
  broken ??= endFault(before, after, hashes, offsets) ?? copyFault(copied, hashes, offsets);
  return { records: hashes.length, broken, isEndKnown: after !== null };
}

interface CopiedRecord extends ChainHead {
  readonly isIntact: boolean;
}

async function readCopy(topology: string, copy: Pick<History, 'readAudit'>): Promise<CopiedRecord[]> {
  const copied: CopiedRecord[] = [];
  for await (const records of copy.readAudit(topology)) {
    for (const record of records) {
      const { sequence, hash } = record;
      copied.push({ sequence, hash, isIntact: isIntact(topology, record) });
    }
  }
  return copied;
}

/** Compares the chain with its copy, which may lag behind. */
function copyFault(
  copied: readonly CopiedRecord[],
  hashes: readonly string[],
  offsets: readonly number[],
): BrokenChain | null {
  for (const { sequence, hash, isIntact } of copied) {
    const offset = offsets[sequence - 1] ?? null;
    if (sequence > hashes.length)
      return { offset, why: `the table has record ${sequence}, which is missing at the end` };
    if (!isIntact)
      return { offset, why: `record ${sequence} of the table is not what its hash was computed of` };
    if (hashes[sequence - 1] !== hash)
      return { offset, why: `record ${sequence} of the table is another one: the chain was written again` };
  }
  return null;
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
