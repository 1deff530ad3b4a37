// What must hold for a stage that repartitions (control path).
import { MERGE_SOURCES_MAX } from '../core/merge-limits.ts';
import {
  mergedBefore,
  PARTITIONS_DEFAULT,
  repartitionedTopic,
  type RepartitionStage,
} from '../operators/repartition.ts';
import type { TopologyDefinition } from './definition.ts';
import { topicProblems } from './source-problems.ts';

export function repartitionProblems(
  definition: TopologyDefinition,
  { id, options }: RepartitionStage,
): string[] {
  const { name, source } = definition;
  const topic = repartitionedTopic(name, options);
  const problems: string[] = [];
  if (topic === source.topic) problems.push("repartitions into the topology's own source");
  // What begins so is written by the engine, now or in a later version.
  else if (topic.startsWith(`${name}.`) && topic !== `${name}.repartitioned`)
    problems.push(`repartitions into ${topic}, and ${name}.* are the topology's own topics`);
  if (options.order !== 'arrival') problems.push(...mergeProblems(definition, topic));
  // The other name is longer.
  const names = topicProblems(options.order === 'arrival' ? topic : mergedBefore(topic));
  return [
    ...names.map((problem) => `stage '${id}': ${problem}`),
    ...problems.map((problem) => `stage '${id}' ${problem}`),
  ];
}

function mergeProblems({ source, control }: TopologyDefinition, topic: string): string[] {
  const before = mergedBefore(topic);
  const problems: string[] = [];
  if (before === source.topic) problems.push(`merges ${before}, which is the topology's own source`);
  const { partitions = PARTITIONS_DEFAULT } = source;
  const others: unknown = control?.with ?? [];
  const all = Array.isArray(others)
    ? others.reduce((sum: number, other) => sum + partitionsOf(other), partitions)
    : 0;
  if (all > MERGE_SOURCES_MAX)
    problems.push(`merges ${all} partitions, more than ${MERGE_SOURCES_MAX}: set order: 'arrival'`);
  return problems;
}

/** Untyped code may give anything; what is no topology is reported elsewhere. */
function partitionsOf(other: unknown): number {
  if (typeof other !== 'object' || other === null || !('source' in other)) return 0;
  const { source } = other;
  if (typeof source !== 'object' || source === null || !('partitions' in source)) return 0;
  return typeof source.partitions === 'number' ? source.partitions : 0;
}
