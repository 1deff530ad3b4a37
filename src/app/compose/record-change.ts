// An audit record of a command that opens the log for nothing else (control path).
import type { Change } from '../../ports/audit.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { AuditLog } from '../../runtime/audit/audit-log.ts';
import type { Config } from '../settings/config.ts';
import { openCodec, openLog } from './adapters.ts';
import { operator } from './operator.ts';

export async function recordChange(
  topology: string,
  config: Config,
  telemetry: Telemetry,
  change: Omit<Change, 'actor' | 'from'>,
): Promise<void> {
  const log = await openLog(config, telemetry);
  const codec = openCodec(config);
  try {
    const audit = await AuditLog.open(topology, { log, codec, nowMs: Date.now });
    await audit.record({ ...operator(), ...change });
  } finally {
    await codec.close();
    await log.close();
  }
}
