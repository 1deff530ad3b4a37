// Starts what removes the artifacts of a topology that no update names (control path).
import type { Audit } from '../../ports/audit.ts';
import type { Artifacts } from '../../runtime/artifacts/artifacts.ts';
import { ArtifactCollector } from '../../runtime/artifacts/collector.ts';
import { openUpdateRecords } from '../../runtime/models/update-records.ts';
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
  const collector = new ArtifactCollector({
    log,
    topic,
    records: await openUpdateRecords(topology, codec),
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
