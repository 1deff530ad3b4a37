// Opens the sinks of a topology (control path).
import { join } from 'node:path';
import type { SinkDefinition } from '../../ports/sink.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { Topology } from '../../topology/definition.ts';
import { Sinks } from './sinks.ts';

/** If one sink fails to open, those opened before it are closed. */
export function openSinks(
  sinks: readonly SinkDefinition[],
  topology: Topology,
  telemetry: Telemetry,
  dataFolder: string,
): Promise<Sinks> {
  const { name, source, features } = topology;
  return Sinks.open(sinks, (sink) => ({
    topology: name,
    source: { topic: source.topic, partitions: source.partitions },
    features: features?.features.map((feature) => feature.name) ?? [],
    telemetry,
    folder: join(dataFolder, 'sinks', sink),
  }));
}
