// Names of what a topology reads and writes (control path): one rule, in one place.
import { DATA_KEYS_COMPACTION_MS } from '../core/key-limits.ts';
import { INGEST_KEY_MS } from '../core/port-limits.ts';
import { partitionName, type TopicPartition } from '../core/topic-partition.ts';
import type { Hop, Part } from '../operators/hop.ts';
import { mergedBefore, repartitionedTopic, type RepartitionStage } from '../operators/repartition.ts';
import type { TopicSpec } from '../ports/event-log.ts';
import type { Topology } from './definition.ts';
import { isSensitive } from './sensitive-columns.ts';
import type { SourceOptions } from './source.ts';
import { outputCount } from '../tasks/outputs.ts';

export interface TopologyTopics {
  readonly source: string;
  readonly predictions: string;
  /** Of a task with several outputs: whose schema file the records of predictions have. */
  readonly predictionSchema?: string;
  readonly deadLetters: string;
  readonly late: string;
  /** Where the topology has a repartition stage. */
  readonly repartitioned?: string;
  /** Where its events are before they are merged, if they are. */
  readonly beforeMerge?: string;
  readonly observations: string;
  readonly loopState: string;
  readonly driftReports: string;
  readonly retrainingJobs: string;
  readonly modelUpdates: string;
  /** Records and files of the engine's own that their readers left out. */
  readonly quarantine: string;
  readonly audit: string;
  readonly apiKeys: string;
}

type Named = Pick<Topology, 'name' | 'source' | 'repartition' | 'part' | 'target'> &
  Partial<Pick<Topology, 'task'>>;

/**
 * A part has a source of its own, and the other topics of its topology. Targets share the topics of events that are set aside,
 * the audit log and the keys of callers.
 */
export function topicsOf({ name: own, source, repartition, part, task, target }: Named): TopologyTopics {
  const name = target === undefined ? (part?.topology ?? own) : own;
  const declared = target?.topology ?? name;
  return {
    source: source.topic,
    predictions: `${name}.predictions`,
    ...(task === undefined || outputCount(task.output) === 1
      ? {}
      : { predictionSchema: `${name}.class-predictions-value` }),
    deadLetters: `${declared}.dead-letters`,
    late: `${declared}.late`,
    ...(repartition === null ? {} : repartitionedTopics(name, repartition)),
    observations: observationsTopic(name),
    loopState: loopStateTopic(name),
    driftReports: `${name}.drift-reports`,
    retrainingJobs: `${name}.retraining-jobs`,
    modelUpdates: `${name}.model-updates`,
    quarantine: quarantineSpec(name).topic,
    audit: auditTopic(declared),
    apiKeys: apiKeysTopic(declared),
  };
}

function repartitionedTopics(
  name: string,
  { options }: RepartitionStage,
): Pick<TopologyTopics, 'repartitioned' | 'beforeMerge'> {
  const repartitioned = repartitionedTopic(name, options);
  return options.order === 'arrival'
    ? { repartitioned }
    : { repartitioned, beforeMerge: mergedBefore(repartitioned) };
}

export function observationsTopic(topology: string): string {
  return `${topology}.observations`;
}

/** Snapshots of the learning loop. */
export function loopStateTopic(topology: string): string {
  return `${topology}.loop-state`;
}

/** Who changed what, in a hash chain. */
export function auditTopic(topology: string): string {
  return `${topology}.audit`;
}

/** The wrapped data keys of a source with sensitive columns. */
export function dataKeysTopic(topology: string): string {
  return `${topology}.data-keys`;
}

/** Entities that were erased, of a source that names whose its events are. */
export function erasuresTopic(topology: string): string {
  return `${topology}.erasures`;
}

/** Models that are too large for a record. */
export function artifactsTopic(topology: string): string {
  return `${topology}.artifacts`;
}

/** Who may use the port with a key. */
export function apiKeysTopic(topology: string): string {
  return `${topology}.api-keys`;
}

/** The subject of the schema that a source's values are read by. */
export function sourceSubject({ topic, subject }: Pick<SourceOptions, 'topic' | 'subject'>): string {
  return subject ?? `${topic}-value`;
}

/** The consumer group of a topology: all engines that run it share its partitions. */
export function groupOf(topology: string): string {
  return `millrace.${topology}`;
}

/** The part that sends the events of a topology to its hops. */
export function frontName(topology: string): string {
  return `${topology}.front`;
}

/** The id of the writer of a partition's epochs, by which its owner fences the one before. */
export function taskWriterId(topology: string, source: TopicPartition): string {
  return `${groupOf(topology)}.${partitionName(source)}`;
}

/**
 * Which dead letters were put back, by the id of the record that each was: `millrace replay-dead-letters` writes and
 * reads it, and makes it where it is missing.
 */
export function replayedLettersSpec(topology: string): TopicSpec {
  return {
    topic: `${topology}.replayed-letters`,
    partitions: 1,
    retentionMs: -1,
    compacted: true,
    holds: `${topology}.dead-letters`,
  };
}

/** The quarantine of a topology, by the place of the record: what several processes leave out is kept once. */
export function quarantineSpec(topology: string): TopicSpec {
  return { topic: `${topology}.quarantine`, partitions: 1, retentionMs: -1, compacted: true };
}

/** The idempotency keys of events that came by HTTP: made with the first one. */
export function ingestedSpec(topology: string): TopicSpec {
  return { topic: `${topology}.ingested`, partitions: 1, retentionMs: INGEST_KEY_MS, compacted: false };
}

/** Models that are too large for their update, in chunks by hash and position: made with the first one. */
export function artifactsSpec({ name, source, part, target }: Named): TopicSpec {
  return {
    topic: artifactsTopic(target === undefined ? (part?.topology ?? name) : name),
    partitions: 1,
    retentionMs: -1,
    compacted: true,
    truncated: true,
    holds: source.topic,
  };
}

/** Written by `millrace keys`, which makes it where it is missing. */
export function apiKeysSpec(topology: string): TopicSpec {
  return { topic: apiKeysTopic(topology), partitions: 1, retentionMs: -1, compacted: true };
}

// Event times are replayed, and a broker deletes by record time: keep for ever.
const keep = { retentionMs: -1, compacted: false };

/** Written by `millrace erase`, which makes it where it is missing, and by the engines that do what it says. */
export function erasuresSpec(topology: string): TopicSpec {
  return {
    topic: erasuresTopic(topology),
    partitions: 1,
    retentionMs: -1,
    compacted: true,
    compactedWithinMs: DATA_KEYS_COMPACTION_MS,
  };
}

/** Written by engines and commands: each makes it where it is missing. */
export function auditSpec(topology: string): TopicSpec {
  return { topic: auditTopic(topology), partitions: 1, ...keep };
}

/** Observations below the newest snapshot, and snapshots before the newest whole one, are deleted by the engine. */
function loopTopics(topology: string): TopicSpec[] {
  return [
    { topic: observationsTopic(topology), partitions: 1, ...keep, truncated: true },
    { topic: loopStateTopic(topology), partitions: 1, retentionMs: -1, compacted: true, truncated: true },
  ];
}

/** The merge deletes what it has merged. */
function repartitionedSpecs(
  { source: holds, repartitioned, beforeMerge }: TopologyTopics,
  { options: { partitions } }: RepartitionStage,
): TopicSpec[] {
  const spec = { partitions, ...keep, holds };
  return [
    ...(repartitioned === undefined ? [] : [{ topic: repartitioned, ...spec }]),
    ...(beforeMerge === undefined ? [] : [{ topic: beforeMerge, ...spec, truncated: true }]),
  ];
}

function hopSpecs({ name, partitions }: Hop, holds: string): TopicSpec[] {
  const spec = { partitions, ...keep, holds };
  return [
    { topic: name, ...spec },
    { topic: mergedBefore(name), ...spec, truncated: true },
  ];
}

function answersSpec({ answers }: Part, { source }: Named): TopicSpec {
  return { topic: answers, partitions: source.partitions, resize: 'grow', ...keep, holds: source.topic };
}

/** Of a topology, or its front: each has data keys of its own. */
function personalSpecs({ name, source }: Pick<Topology, 'name' | 'source'>): TopicSpec[] {
  const keys: TopicSpec = {
    topic: dataKeysTopic(name),
    partitions: source.partitions,
    resize: 'grow',
    retentionMs: -1,
    compacted: true,
    compactedWithinMs: DATA_KEYS_COMPACTION_MS,
  };
  return [
    ...(isSensitive(source) ? [keys] : []),
    ...(source.entity === undefined ? [] : [erasuresSpec(name)]),
  ];
}

/** The topics with what a topology needs of each. */
export function topicSpecs(topology: Named & Pick<Topology, 'control'>): TopicSpec[] {
  const topics = topicsOf(topology);
  const { partitions } = topology.source;
  const holds = topics.source;
  const { name, control, repartition, part } = topology;
  // The other parts only make room for partitions that are added to the source.
  if (part !== undefined && part.role !== 'main')
    return part.role === 'front' ? [answersSpec(part, topology), ...personalSpecs(topology)] : [];
  // What targets have in common is the main one's.
  const isMain = topology.target?.isMain !== false;
  return [
    { topic: topics.source, partitions, resize: 'take', ...keep },
    { topic: topics.predictions, partitions, resize: 'grow', ...keep, holds },
    { topic: topics.deadLetters, partitions, resize: 'grow', ...keep, holds },
    { topic: topics.late, partitions, resize: 'grow', ...keep, holds },
    ...(repartition === null ? [] : repartitionedSpecs(topics, repartition)),
    ...(isMain ? (part?.hops ?? []).flatMap((hop) => hopSpecs(hop, holds)) : []),
    ...(isMain && part !== undefined ? [answersSpec(part, topology)] : []),
    ...[name, ...(control?.with ?? []).map((other) => other.name)].flatMap((topology) =>
      loopTopics(topology).map((spec) => ({ ...spec, holds })),
    ),
    ...personalSpecs(topology),
    ...(isMain && part !== undefined ? personalSpecs({ ...topology, name: frontName(name) }) : []),
    { topic: topics.driftReports, partitions: 1, ...keep, holds },
    { topic: topics.retrainingJobs, partitions: 1, ...keep, holds },
    { topic: topics.modelUpdates, partitions: 1, retentionMs: -1, compacted: true, holds },
    quarantineSpec(name),
    ...(isMain ? [auditSpec(name), apiKeysSpec(name)] : []),
  ];
}
