// Opens the log for a command that works with API keys (control path).
import type { EventLog } from '../../../ports/event-log.ts';
import { NO_QUARANTINE } from '../../../runtime/quarantine/record-quarantine.ts';
import { readKeys } from '../../../serving/access/keys/key-topic.ts';
import type { KeyRing } from '../../../serving/access/keys/key-ring.ts';
import type { Topology } from '../../../topology/define.ts';
import { openAppTelemetry, openLog } from '../../compose/adapters.ts';
import { loadTopology } from '../../compose/load-topology.ts';
import type { Config } from '../../settings/config.ts';

export interface KeyLog {
  readonly topology: Topology;
  readonly log: EventLog;
  /** The keys of the topology, as of now. */
  readonly ring: KeyRing;
}

export async function withKeys(
  file: string,
  config: Config,
  work: (keys: KeyLog) => Promise<void>,
): Promise<void> {
  const topology = await loadTopology(file);
  const log = await openLog(config, await openAppTelemetry(config));
  try {
    const source = { topology: topology.name, log, quarantine: NO_QUARANTINE, nowMs: Date.now };
    await work({ topology, log, ring: await readKeys(source) });
  } finally {
    await log.close();
  }
}
