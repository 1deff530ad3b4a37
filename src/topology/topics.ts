// Names of what a topology reads and writes (control path): one rule, in one place.
import type { TopicSpec } from '../ports/event-log.ts';
import type { Topology } from './define.ts';

export interface TopologyTopics {
  readonly source: string;
  readonly predictions: string;
  readonly deadLetters: string;
  readonly late: string;
  readonly observations: string;
  readonly driftReports: string;
  readonly retrainingJobs: string;
  readonly modelUpdates: string;
}

export function topicsOf({ name, source }: Pick<Topology, 'name' | 'source'>): TopologyTopics {
  return {
    source: source.topic,
    predictions: `${name}.predictions`,
    deadLetters: `${name}.dead-letters`,
    late: `${name}.late`,
    observations: `${name}.observations`,
    driftReports: `${name}.drift-reports`,
    retrainingJobs: `${name}.retraining-jobs`,
    modelUpdates: `${name}.model-updates`,
  };
}

/** The consumer group of a topology: all engines that run it share its partitions. */
export function groupOf(topology: string): string {
  return `millrace.${topology}`;
}

/**
 * Which dead letters were put back, by the id of the record that each was: `millrace replay-dead-letters` writes and
 * reads it, and makes it where it is missing.
 */
export function replayedLettersSpec(topology: string): TopicSpec {
  return { topic: `${topology}.replayed-letters`, partitions: 1, retentionMs: -1, compacted: true };
}

/** The topics with what a topology needs of each. */
export function topicSpecs(topology: Pick<Topology, 'name' | 'source'>): TopicSpec[] {
  const topics = topicsOf(topology);
  const { partitions } = topology.source;
  // Event times are replayed, and a broker deletes by record time: keep for ever.
  const keep = { retentionMs: -1, compacted: false };
  return [
    { topic: topics.source, partitions, ...keep },
    { topic: topics.predictions, partitions, ...keep },
    { topic: topics.deadLetters, partitions, ...keep },
    { topic: topics.late, partitions, ...keep },
    { topic: topics.observations, partitions: 1, ...keep },
    { topic: topics.driftReports, partitions: 1, ...keep },
    { topic: topics.retrainingJobs, partitions: 1, ...keep },
    { topic: topics.modelUpdates, partitions: 1, retentionMs: -1, compacted: true },
  ];
}
