// The copy of a topology's audit log in the history (control path).
import type { AuditRecord } from '../../ports/audit.ts';
import { AuditCopy } from '../../runtime/audit/audit-copy.ts';
import { auditTopic } from '../../topology/topics.ts';
import type { Adapters } from './adapters.ts';

export async function openAuditCopy(
  topology: string,
  { log, codec, history, quarantines, telemetry }: Adapters,
  failed: (error: Error) => void,
): Promise<AuditCopy> {
  const decoder = await codec.decoder<AuditRecord>(`${auditTopic(topology)}-value`);
  const quarantine = quarantines.of(topology);
  return new AuditCopy({ topology, log, decoder, history, quarantine, telemetry, failed });
}
