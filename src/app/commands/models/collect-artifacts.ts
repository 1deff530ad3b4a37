// `millrace models gc` (control path): removes the artifacts that no model update names any more.
import type { StoredArtifact } from '../../../ports/artifact-store.ts';
import { AuditLog } from '../../../runtime/audit/audit-log.ts';
import { unnamedArtifacts } from '../../../runtime/artifacts/collect.ts';
import { collect } from '../../../runtime/artifacts/collector.ts';
import { NO_QUARANTINE } from '../../../runtime/quarantine/record-quarantine.ts';
import { openUpdateRecords } from '../../../runtime/models/update-records.ts';
import { topicsOf } from '../../../topology/topics.ts';
import { openAppTelemetry, openCodec, openLog } from '../../compose/adapters.ts';
import { openArtifacts } from '../../compose/artifacts.ts';
import { loadTarget, type TargetPlace } from '../../compose/load-target.ts';
import { operator } from '../../compose/operator.ts';
import type { Config } from '../../settings/config.ts';
import { declaredName } from '../../../topology/targets.ts';

export interface CollectOptions {
  /** Younger artifacts stay, ms. */
  readonly keptMs: number;
  /** Whether they are listed alone. */
  readonly isDry: boolean;
}

const MIB = 1_048_576;

export async function collectArtifacts(
  place: TargetPlace,
  config: Config,
  { keptMs, isDry }: CollectOptions,
): Promise<void> {
  const topology = await loadTarget(place);
  const { name } = topology;
  const { modelUpdates: topic } = topicsOf(topology);
  const telemetry = await openAppTelemetry(config);
  const log = await openLog(config, telemetry);
  const codec = openCodec(config);
  try {
    const records = await openUpdateRecords(topology, codec);
    const artifacts = openArtifacts(topology, config, { log, quarantine: NO_QUARANTINE, telemetry });
    const parts = { log, topic, records, artifacts, nowMs: Date.now, keptMs };
    const removed = async (): Promise<readonly StoredArtifact[]> => {
      const audit = await AuditLog.open(declaredName(topology), { log, codec, nowMs: Date.now });
      return collect({ ...parts, topology: name, audit, by: operator() });
    };
    const found = isDry ? (await unnamedArtifacts(parts)).artifacts : await removed();
    const lines = found.map(({ sha256, bytes }) => `${sha256}  ${(bytes / MIB).toFixed(1)} MiB\n`);
    const done = isDry ? 'named by no update' : 'removed';
    process.stdout.write(`${lines.join('')}${name}: ${found.length} artifacts ${done}.\n`);
  } finally {
    await codec.close();
    await log.close();
  }
}
