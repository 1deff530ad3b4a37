// Opens what a task exchanges with the other parts of its topology (control path).
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { OutputParts } from '../commit/epoch-outputs.ts';
import { mergedTarget } from '../commit/repartitioned-output.ts';
import { hopTargets } from '../commit/repartitioned-outputs.ts';
import type { EngineParts } from '../engine-parts.ts';
import type { PartitionProgress } from '../progress/partition-progress.ts';
import type { TaskParts } from '../task/task-parts.ts';
import { topicsOf } from '../../topology/topics.ts';
import { AnswersFeed } from './answers-feed.ts';
import { EventPlacesReader } from './event-places.ts';

type Opening = Pick<EngineParts, 'topology' | 'log' | 'telemetry' | 'quarantine'>;

export interface Exchange {
  readonly task: Pick<TaskParts, 'places' | 'openAnswers'>;
  readonly outputs: Pick<
    OutputParts,
    'topology' | 'topics' | 'merged' | 'hops' | 'part' | 'places' | 'isSetAsideElsewhere'
  >;
}

/** What a task needs for it: nothing for a topology without other parts. */
export function openExchange(
  parts: Opening,
  origin: TopicPartition,
  progress: Pick<PartitionProgress, 'phase'>,
): Exchange {
  const { topology } = parts;
  const places = openPlaces(parts);
  return {
    task: { places, openAnswers: answersOpener(parts, origin, progress) },
    outputs: {
      topology: topology.name,
      topics: topicsOf(topology),
      merged: mergedTarget(topology, origin),
      hops: hopTargets(topology, origin),
      part: topology.part,
      isSetAsideElsewhere: topology.target?.isMain === false,
      places,
    },
  };
}

/** Opens the answers that a task waits for. */
function answersOpener(
  { topology, log, telemetry, quarantine }: Opening,
  { partition }: TopicPartition,
  progress: Pick<PartitionProgress, 'phase'>,
): TaskParts['openAnswers'] {
  const { part, name } = topology;
  return async ({ offset: committedOffset, source }, failed) => {
    if (part?.role !== 'main') return null;
    const range = (await log.offsets(part.answers))[partition];
    return new AnswersFeed({
      log,
      origin: { topic: part.answers, partition },
      hops: part.hops,
      topicId: source?.topicId ?? null,
      committedOffset,
      answeredTo: range?.high ?? 0,
      telemetry,
      topology: name,
      quarantine,
      waits: () => {
        progress.phase = 'waiting for features of other keys';
      },
      failed,
    });
  };
}

/** Where the events of an entity part are in the source; null for others. */
function openPlaces({ topology: { part }, log, quarantine }: Opening): EventPlacesReader | null {
  if (part?.role !== 'entity') return null;
  return new EventPlacesReader(
    part.source,
    { topicId: () => log.topicId(part.source), partitions: () => log.partitionCount(part.answers) },
    quarantine,
  );
}
