// What is watched of a topology (control path).
import { partitionName } from '../../core/topic-partition.ts';
import type { Topology } from '../../topology/define.ts';
import { groupOf, topicsOf } from '../../topology/topics.ts';
import type { ProgressWatchParts } from './progress-watch.ts';

type Watched = Required<Pick<ProgressWatchParts, 'topology' | 'groupId' | 'topic' | 'where'>>;

/** The front of a topology, and its other targets, read the same partitions as the topology itself: their conditions have a name. */
export function watchedOf(topology: Topology): Watched {
  const { name, part, target } = topology;
  const isNamed = part?.role === 'front' || target?.isMain === false;
  return {
    topology: name,
    groupId: groupOf(name),
    topic: topicsOf(topology).source,
    where: (partition) => `${isNamed ? `${name}: ` : ''}${partitionName(partition)}`,
  };
}
