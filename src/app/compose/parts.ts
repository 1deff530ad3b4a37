// What runs beside the engine of a topology (control path): its merges, and the parts that compute features of other keys.
import type { EventLog } from '../../ports/event-log.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { withAddedPartitions } from '../../runtime/added-partitions.ts';
import type { Engine } from '../../runtime/engine.ts';
import { Merges } from '../../runtime/merge/merges.ts';
import { startParts, stopParts, type PartsOptions } from '../../runtime/parts.ts';
import type { Topology } from '../../topology/define.ts';
import { hopsOf } from '../../topology/hops.ts';
import { partsOf, type Parts } from '../../topology/parts.ts';
import { declaredName } from '../../topology/targets.ts';
import { openFormat, type Adapters } from './adapters.ts';

/** The parts of a topology over the partitions that its topics have. */
export async function openParts(declared: Topology, log: EventLog, telemetry: Telemetry): Promise<Parts> {
  const topology = await withAddedPartitions(declared, log, telemetry);
  const hops = hopsOf(declaredName(declared), declared.source, declared.features).map(({ name }) => name);
  if (hops.length === 0) return { main: topology, others: [] };
  return partsOf(topology, await log.partitionCounts(hops));
}

export interface Others {
  readonly parts: readonly Engine[];
  /** After the topology, whose last batches wait for what they send. */
  stop(boundMs: number): Promise<void>;
}

/** @param failed called if one cannot continue */
export async function startOthers(
  { main, others }: Parts,
  common: Omit<PartsOptions, 'archive' | 'format' | 'failed'>,
  { schemas, history }: Pick<Adapters, 'schemas' | 'history'>,
  failed: (error: Error) => void,
): Promise<Others> {
  const { log, telemetry, quarantine } = common;
  const merges = new Merges({ topology: main, log, telemetry, quarantine, failed });
  merges.start();
  const archive = main.source.archive === true ? history : null;
  const parts = await startParts(others, {
    ...common,
    archive,
    format: (part) => openFormat(part, schemas),
    failed,
  });
  return {
    parts,
    async stop(boundMs) {
      await Promise.all([merges.stop(boundMs), stopParts(parts, boundMs)]);
    },
  };
}
