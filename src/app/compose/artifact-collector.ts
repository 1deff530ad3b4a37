// Starts what removes the artifacts of a topology that no update names (control path).
import type { Audit } from '../../ports/audit.ts';
import type { Artifacts } from '../../runtime/artifacts/artifacts.ts';
import { ArtifactCollector } from '../../runtime/artifacts/collector.ts';
import { updateFault } from '../../runtime/models/model-update.ts';
import { OwnRecords } from '../../runtime/own-records.ts';
import { NO_QUARANTINE } from '../../runtime/quarantine/record-quarantine.ts';
import type { ModelUpdateRecord } from '../../runtime/records.ts';
import type { Topology } from '../../topology/define.ts';
import { topicsOf } from '../../topology/topics.ts';
import type { Adapters } from './adapters.ts';
import { operator } from './operator.ts';

/** @param keptMs how long what no update names stays; null: until an operator removes it, and there is no collector */
export async function startCollector(
  topology: Topology,
  { log, codec, telemetry, audit }: Pick<Adapters, 'log' | 'codec' | 'telemetry'> & { readonly audit: Audit },
  artifacts: Artifacts,
  engine: { partitions(): readonly number[] },
  keptMs: number | null = null,
): Promise<ArtifactCollector | null> {
  if (keptMs === null) return null;
  const { name } = topology;
  const { modelUpdates: topic } = topicsOf(topology);
  const decoder = await codec.decoder<ModelUpdateRecord>(`${topic}-value`);
  // The follower of the models quarantines what cannot be read.
  const records = new OwnRecords(decoder, (update) => updateFault(name, update), NO_QUARANTINE);
  const collector = new ArtifactCollector({
    log,
    topic,
    records,
    artifacts,
    nowMs: Date.now,
    keptMs,
    topology: name,
    partitions: () => engine.partitions(),
    audit,
    by: { ...operator(), actor: 'the engine' },
    telemetry,
  });
  collector.start();
  return collector;
}
