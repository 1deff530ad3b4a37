// Opens the audit log of a topology for a command that reads it (control path).
import type { AuditRecord } from '../../../ports/audit.ts';
import type { AuditSource } from '../../../runtime/audit/read-audit.ts';
import { auditTopic } from '../../../topology/topics.ts';
import { openAppTelemetry, openCodec, openLog } from '../../compose/adapters.ts';
import { loadTopology } from '../../compose/load-topology.ts';
import type { Config } from '../../settings/config.ts';

export async function withAudit(
  file: string,
  config: Config,
  work: (source: AuditSource) => Promise<void>,
): Promise<void> {
  const { name: topology } = await loadTopology(file);
  const log = await openLog(config, await openAppTelemetry(config));
  const codec = openCodec(config);
  try {
    const decoder = await codec.decoder<AuditRecord>(`${auditTopic(topology)}-value`);
    await work({ topology, log, decoder });
  } finally {
    await codec.close();
    await log.close();
  }
}
