// How a topology's repartitioned events are brought into an order that depends on their sources alone (control path).
import { HOP_WAIT_MS } from '../core/answer-limits.ts';
import { mergedBefore, repartitionedTopic } from '../operators/repartition.ts';
import type { Topology } from './definition.ts';
import type { AlignedTopology } from './learning-options.ts';
import { frontName, groupOf } from './topics.ts';

/** A topic whose partitions are merged, and the group of the tasks that send its events. */
export interface MergedSource {
  readonly topic: string;
  readonly partitions: number;
  readonly groupId: string;
}

/** The merge of one topic. Topologies that repartition into it share it. */
export interface Merge {
  /** The merged topic. */
  readonly topic: string;
  /** The topic that tasks write to: row groups, in the order of their epochs. */
  readonly before: string;
  readonly groupId: string;
  /** What is waited for from the start; other sources are from their first record on. */
  readonly sources: readonly MergedSource[];
  /** Whether other topologies may fill the topic too. */
  readonly isShared: boolean;
  /** For how long a source that has caught up with its end is waited for, ms. */
  readonly waitMs: number;
  /** Whether the key of a record is its place in the source, as of the hops of a topology; else it has a header. */
  readonly isKeyedByPlace?: boolean;
}

/** What is more than a name and a source is a topology. */
function mayFill(
  { name, ...other }: AlignedTopology & Partial<Pick<Topology, 'repartition'>>,
  topic: string,
): boolean {
  const { repartition } = other;
  if (repartition === undefined) return true;
  return repartition !== null && repartitionedTopic(name, repartition.options) === topic;
}

/** Null for a topology that repartitions nothing, or does not want it merged. */
export function mergeOf({
  name,
  source,
  control,
  repartition,
}: Pick<Topology, 'name' | 'source' | 'control' | 'repartition'>): Merge | null {
  if (repartition === null || repartition.options.order === 'arrival') return null;
  const topic = repartitionedTopic(name, repartition.options);
  // Topologies that name each other and a topic fill it together.
  const isOwn = repartition.options.topic === undefined;
  const others = isOwn ? [] : (control?.with ?? []).filter((other) => mayFill(other, topic));
  return {
    topic,
    before: mergedBefore(topic),
    groupId: groupOf(`${topic}.merge`),
    sources: [{ name, source }, ...others].map(({ name: sender, source: { topic, partitions } }) => ({
      topic,
      partitions,
      groupId: groupOf(sender),
    })),
    isShared: !isOwn,
    waitMs: repartition.options.waitMs,
  };
}

/** All merges of a topology: of what it repartitions, and of its hops. */
export function mergesOf(
  topology: Pick<Topology, 'name' | 'source' | 'control' | 'repartition' | 'part' | 'target'>,
): Merge[] {
  const own = mergeOf(topology);
  const { topic, partitions } = topology.source;
  const hops = topology.part?.role === 'main' && topology.target?.isMain !== false ? topology.part.hops : [];
  return [
    ...(own === null ? [] : [own]),
    ...hops.map(({ name }) => ({
      topic: name,
      before: mergedBefore(name),
      groupId: groupOf(`${name}.merge`),
      sources: [{ topic, partitions, groupId: groupOf(frontName(topology.name)) }],
      waitMs: HOP_WAIT_MS,
      isKeyedByPlace: true,
      isShared: false,
    })),
  ];
}
