// Reads the audit topic (control path), as if a stranger had written it.
import type { RecordDecoder } from '../../ports/codec.ts';
import type { AuditRecord } from '../../ports/audit.ts';
import type { EventLog } from '../../ports/event-log.ts';
import { AUDIT_TAIL_RECORDS } from '../../core/audit-limits.ts';
import { auditTopic } from '../../topology/topics.ts';
import { OwnRecords, unchecked } from '../own-records.ts';
import { NO_QUARANTINE } from '../quarantine/record-quarantine.ts';
import { rangesOf } from '../../resilience/topic-ranges.ts';
import { isIntact } from './audit-chain.ts';

/** A record and its place; null for one that cannot be read. */
export interface PlacedAudit {
  readonly offset: number;
  readonly record: AuditRecord | null;
}

export interface AuditSource {
  readonly topology: string;
  readonly log: EventLog;
  readonly decoder: RecordDecoder<AuditRecord>;
}

/** The records that the topic has now, from `from` on; none if it does not exist. */
export async function* readAudit(source: AuditSource, from = 0): AsyncGenerator<PlacedAudit> {
  const { log, decoder, topology } = source;
  const topic = auditTopic(topology);
  // Who reads it says what is wrong with a record; what it may hold is for the chain to say.
  const records = new OwnRecords(decoder, unchecked, NO_QUARANTINE);
  const [range] = await rangesOf(log, topic);
  if (range === undefined) return;
  for await (const raw of log.read(topic, 0, Math.max(range.low, from), range.high)) {
    for (let i = 0; i < raw.count; i++)
      yield { offset: raw.offsets[i] as number, record: await records.read(raw, i) };
  }
}

/** The last record that is intact; null if there is none. */
export async function lastAudit(source: AuditSource): Promise<AuditRecord | null> {
  const [{ low, high } = { low: 0, high: 0 }] = await source.log.offsets(auditTopic(source.topology));
  for (let records = AUDIT_TAIL_RECORDS; ; records *= 8) {
    const from = Math.max(low, high - records);
    let last: AuditRecord | null = null;
    for await (const { record } of readAudit(source, from))
      if (record !== null && isIntact(source.topology, record)) last = record;
    if (last !== null || from === low) return last;
  }
}
