// Served feature vectors by entity, with their names (control path).
import { partitionOf } from '../../core/murmur2.ts';
import type { FeatureReader } from '../../serving/serving-context.ts';
import type { Topology } from '../../topology/define.ts';
import type { Adapters } from './adapters.ts';

/**
 * Reads what the online store served last for `view=entity`, for example `origin=JFK`; the values of an entity of several
 * columns are joined by `|`. The search starts at the partition of a record with that key. As the source may have another
 * key, it covers every partition and returns the newest vector.
 */
export function servedFeatures(topology: Topology, { stores }: Pick<Adapters, 'stores'>): FeatureReader {
  const stage = topology.features;
  return async (name, key) => {
    if (stage === null || name !== topology.name) return null;
    const split = key.indexOf('=');
    const [view, entity] = [key.slice(0, Math.max(0, split)), key.slice(split + 1)];
    const declared = stage.options.views?.[view];
    if (declared === undefined) return null;
    const { topic, partitions } = topology.source;
    const first = partitionOf(Buffer.from(entity), partitions);
    let newest: Awaited<ReturnType<typeof stores.served>> = null;
    for (let i = 0; i < partitions; i++) {
      const partition = (first + i) % partitions;
      const found = await stores.served(topology.name, { topic, partition }, `${stage.id}:${key}`);
      if (found !== null && (newest === null || found.eventTimeMs > newest.eventTimeMs)) newest = found;
    }
    if (newest === null) return null;
    const { values } = newest;
    const named = Object.keys(declared.features).map((feature, i): [string, number | null] => {
      const value = values[i];
      return [feature, value === undefined || Number.isNaN(value) ? null : value];
    });
    return { values: Object.fromEntries(named), eventTimeMs: newest.eventTimeMs, expired: false };
  };
}
