// The audit record of an engine's start (control path).
import type { Audit } from '../../ports/audit.ts';
import { atStart } from '../../resilience/retries.ts';
import { AuditLog } from '../../runtime/audit/audit-log.ts';
import type { Topology } from '../../topology/define.ts';
import { changedSettings } from '../settings/changed.ts';
import type { Adapters } from './adapters.ts';
import { operator } from './operator.ts';

/** Opens the audit log. The settings that are not default are in it before anything goes by them. */
export async function recordStart(topology: Topology, { log, codec }: Adapters): Promise<Audit> {
  const audit = await atStart(() => AuditLog.open(topology.name, { log, codec, nowMs: Date.now }));
  await audit.record({
    ...operator(),
    action: 'start',
    subject: `topology ${topology.name}`,
    before: null,
    after: { settings: changedSettings(topology, process.env) },
  });
  return audit;
}
