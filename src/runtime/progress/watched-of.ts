// What is watched of a topology (control path).
import { partitionName } from '../../core/topic-partition.ts';
import type { Topology } from '../../topology/define.ts';
import { groupOf, topicsOf } from '../../topology/topics.ts';
import type { ProgressWatchParts } from './progress-watch.ts';

type Watched = Required<Pick<ProgressWatchParts, 'topology' | 'groupId' | 'topic' | 'where'>>;

/** The front of a topology reads the same partitions as the topology itself: its conditions have its name. */
export function watchedOf(topology: Topology): Watched {
  const { name, part } = topology;
  return {
    topology: name,
    groupId: groupOf(name),
    topic: topicsOf(topology).source,
    where: (partition) => `${part?.role === 'front' ? `${name}: ` : ''}${partitionName(partition)}`,
  };
}
