// Finds the state of many entities in the online store (control path): one round trip for each partition, and a second one
// for keys that are not where a record of that key would be.
import { partitionOf } from '../../core/murmur2.ts';
import type { ServedState, StateStores } from '../../ports/state-store.ts';
import type { ReadPartition } from '../../ports/features.ts';
import type { Topology } from '../../topology/define.ts';

/** A key of an entity: of the store, and of the record that would have it. */
export interface WantedKey {
  readonly view: string;
  readonly key: string;
  readonly entity: string;
}

export interface FoundState extends ServedState {
  /** The partition's watermark at the checkpoint; the newest event's time before there is one. */
  readonly watermarkMs: number;
}

/** State that the store has lost, or that its engine is rebuilding: it lacks events, or may be missing. */
export const REBUILDING = 'rebuilding';

export type Found = FoundState | typeof REBUILDING | null;

export interface FoundStates {
  /** In the order of the wanted keys; null where no partition has state. */
  readonly states: readonly Found[];
  /** Those of the source, ascending. */
  readonly partitions: readonly ReadPartition[];
}

interface StatePlace {
  /** The topology, or the part of it, that keeps the state. */
  readonly owner: string;
  readonly topic: string;
  readonly partitions: number;
}

/** Where the state of a view is: that of another key than the source's is in the part that computes it. */
function stateOf({ name, source, part }: Topology, view: string): StatePlace {
  const hop = part?.hops.find(({ views }) => views.some((one) => one.name === view));
  const { topic, partitions } = source;
  if (hop === undefined) return { owner: name, topic, partitions };
  return { owner: hop.name, topic: hop.name, partitions: hop.partitions };
}

/** Finds the state of each key where its view is computed. */
export async function findStates(
  topology: Topology,
  stores: Pick<StateStores, 'served'>,
  wanted: readonly WantedKey[],
): Promise<FoundStates> {
  const states: Found[] = wanted.map(() => null);
  const indices = Map.groupBy(wanted.keys(), (i) => stateOf(topology, (wanted[i] as WantedKey).view).owner);
  const all = await Promise.all(
    Array.from(indices.values(), async (ofOwner) => {
      const keys = ofOwner.map((i) => wanted[i] as WantedKey);
      const place = stateOf(topology, (keys[0] as WantedKey).view);
      const found = await findIn(place, stores, keys);
      for (const [at, i] of ofOwner.entries()) states[i] = found.states[at] ?? null;
      return place.owner === topology.name ? found.partitions : [];
    }),
  );
  return { states, partitions: all.flat() };
}

/**
 * As the source may have another key than a view, a key that its own partition lacks is looked for in all others; of several,
 * the one with the newest event counts. What none has may be in one that is being rebuilt.
 */
async function findIn(
  { owner, topic, partitions }: StatePlace,
  stores: Pick<StateStores, 'served'>,
  wanted: readonly WantedKey[],
): Promise<FoundStates> {
  const states: Array<FoundState | null> = wanted.map(() => null);
  const rebuilding = new Set<number>();
  const read = new Map<number, ReadPartition>();
  const ask = async (partition: number, indices: readonly number[]): Promise<void> => {
    const keys = indices.map((i) => (wanted[i] as WantedKey).key);
    const served = await stores.served(owner, { topic, partition }, keys);
    if (served === null) return;
    const { watermarkMs, offsetNext: offset, isComplete, lost } = served;
    read.set(partition, {
      partition,
      offset,
      watermarkMs: Number.isFinite(watermarkMs) ? watermarkMs : null,
    });
    for (const [at, i] of indices.entries()) {
      if (!isComplete || lost.has(at)) {
        rebuilding.add(i);
        continue;
      }
      const state = served.states[at] ?? null;
      const other = states[i] ?? null;
      if (state === null || (other !== null && other.eventTimeMs >= state.eventTimeMs)) continue;
      states[i] = { ...state, watermarkMs: Number.isFinite(watermarkMs) ? watermarkMs : state.eventTimeMs };
    }
  };
  const homes = wanted.map(({ entity }) => partitionOf(Buffer.from(entity), partitions));
  const byHome = Map.groupBy(wanted.keys(), (i) => homes[i] as number);
  await Promise.all(Array.from(byHome, ([partition, indices]) => ask(partition, indices)));
  const missing = wanted.flatMap((_one, i) => (states[i] === null && !rebuilding.has(i) ? [i] : []));
  if (missing.length > 0)
    await Promise.all(
      Array.from({ length: partitions }, async (_, partition) => {
        const elsewhere = missing.filter((i) => homes[i] !== partition);
        if (elsewhere.length > 0) await ask(partition, elsewhere);
      }),
    );
  const found = states.map((state, i): Found => state ?? (rebuilding.has(i) ? REBUILDING : null));
  return { states: found, partitions: [...read.values()].sort((a, b) => a.partition - b.partition) };
}
