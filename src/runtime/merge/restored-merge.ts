// Where a merge goes on (control path): after its committed state; if that is lost or was overwritten, after the rows that
// are in the merged topic, each of which names its place in its source.
import type { RawBatch } from '../../core/batch.ts';
import { MillraceError } from '../../core/errors.ts';
import { MERGE_LOOK_BACK_ROWS } from '../../core/merge-limits.ts';
import { placeAtEnd, placeText } from '../../core/place.ts';
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type { CommittedOffset, EventLog } from '../../ports/event-log.ts';
import type { Merge } from '../../topology/merge.ts';
import { SOURCE_HEADER } from '../commit/source-header.ts';
import { parseMetadata } from '../recovery/committed-position.ts';
import { newestIn } from '../newest-in.ts';
import { markedTopic, plainTopic } from './marked-topic.ts';
import { parseState, type MergedRow, type MergeState, type SourceState } from './merge-state.ts';
import type { Progress, RowGroup } from './row-group.ts';

export interface RestoredMerge {
  /** Of the topic before the merge: nothing is released before everything up to it is read again. */
  readonly position: number;
  readonly sources: ReadonlyArray<Pick<SourceState, 'topic' | 'partition' | 'progress'>>;
  /** The newest row of the merged topic; null if it is not known. */
  readonly last: MergedRow | null;
  /** How many rows at the start of a group are in the merged topic. @param place of the group's record, before `position` */
  released(group: RowGroup, place: number): number;
}

export const NOTHING_MERGED: RestoredMerge = {
  position: 0,
  sources: [],
  last: null,
  released: () => 0,
};

/** Null if the merge must have written something else: a tool that moves a group's offset leaves the metadata empty. */
export function restoredFrom({ offset, metadata }: CommittedOffset): RestoredMerge | null {
  const state = parseState(metadata);
  if (state === null || offset !== firstPlace(state)) return null;
  const { position, sources, last } = state;
  const waiting = new Map(sources.map((source) => [partitionName(source), source.waiting]));
  return {
    position,
    sources,
    last,
    released({ source, offsets }, place) {
      const first = waiting.get(partitionName(source)) ?? null;
      if (first === null || place < first.place) return offsets.length;
      return place === first.place ? first.released : 0;
    },
  };
}

function firstPlace({ position, sources }: MergeState): number {
  return sources.reduce((first, { waiting }) => Math.min(first, waiting?.place ?? position), position);
}

export interface RecoveryParts {
  readonly merge: Merge;
  /** Of the topic before the merge. */
  readonly at: TopicPartition;
  readonly log: Pick<EventLog, 'committedOffsets' | 'ends' | 'offsets' | 'read'>;
  /** All that the merge knows. */
  readonly sources: readonly TopicPartition[];
}

/** From the merged topic, and from how far the tasks have come: what they had sent by then is before the end. */
export async function recoveredMerge({ merge, at, log, sources }: RecoveryParts): Promise<RestoredMerge> {
  const progress = await progressOf(merge, log);
  const position = (await log.ends(at.topic))[at.partition]?.readable ?? 0;
  const last = await lastMerged(merge, at.partition, log, sources);
  return {
    position,
    sources: sources.map(({ topic, partition }) => ({
      topic,
      partition,
      progress: progress.get(partitionName({ topic, partition })) ?? null,
    })),
    last: null,
    released({ source, offsets }) {
      const lastOffset = last.get(placeName(merge, source)) ?? -1;
      const first = offsets.findIndex((offset) => offset > lastOffset);
      return first < 0 ? offsets.length : first;
    },
  };
}

/** By the name of the partition. A task commits its offset with the rows that it sends. */
async function progressOf(
  { sources }: Merge,
  log: Pick<EventLog, 'committedOffsets'>,
): Promise<Map<string, Progress>> {
  const progress = new Map<string, Progress>();
  for (const { topic, groupId } of sources) {
    for (const [partition, { offset, metadata }] of await log.committedOffsets(groupId, topic)) {
      const { watermarkMs, source } = parseMetadata(metadata);
      const marked = markedTopic(topic, source?.topicId ?? null);
      progress.set(partitionName({ topic: marked, partition }), { offsetNext: offset, watermarkMs });
    }
  }
  return progress;
}

/**
 * By the name of the partition: the last of its offsets in the merged topic, whose rows of a partition are in order. Reads
 * backwards until it has found all, in larger and larger steps.
 */
async function lastMerged(
  merge: Merge,
  partition: number,
  log: Pick<EventLog, 'offsets' | 'read'>,
  sources: readonly TopicPartition[],
): Promise<Map<string, number>> {
  const { topic, isShared, isKeyedByPlace = false } = merge;
  const last = new Map<string, number>();
  const { low, high } = (await log.offsets(topic))[partition] ?? { low: 0, high: 0 };
  let rows = MERGE_LOOK_BACK_ROWS;
  for (let to = high; to > low; rows *= 4) {
    const from = Math.max(low, to - rows);
    for await (const raw of log.read(topic, partition, from, to, SOURCE_HEADER))
      notePlaces(last, raw, isKeyedByPlace);
    // Topologies that are not known may fill a topic that is shared.
    if (!isShared && sources.every((source) => last.has(placeName(merge, source)))) break;
    to = from;
  }
  return last;
}

/**
 * Whether a state is that of the last commit: a broker that has just come back may answer with an older one, from which rows
 * would be merged twice.
 * @param last of the state
 */
export async function isNewest(
  merge: Merge,
  partition: number,
  log: Pick<EventLog, 'offsets' | 'read'>,
  last: MergedRow | null,
): Promise<boolean> {
  if (last === null) return true;
  const found = await newestPlace(merge, partition, log);
  return found === null || found === `${placeName(merge, last.source)}-${placeText(last.place)}`;
}

/** Of the newest row in the merged topic, its place in its source; null if there is none. */
async function newestPlace(
  { topic, isKeyedByPlace = false }: Merge,
  partition: number,
  log: Pick<EventLog, 'offsets' | 'read'>,
): Promise<string | null> {
  const range = (await log.offsets(topic))[partition] ?? { low: 0, high: 0 };
  return newestIn(range, async (from, to) => {
    let newest: string | null = null;
    for await (const raw of log.read(topic, partition, from, to, SOURCE_HEADER)) {
      const places = isKeyedByPlace ? raw.keys : raw.header;
      newest = places?.at(raw.count - 1)?.toString('latin1') ?? newest;
    }
    return newest;
  });
}

/** As the places of the topic's records have it: a header has no marks. */
function placeName({ isKeyedByPlace = false }: Merge, { topic, partition }: TopicPartition): string {
  return partitionName({ topic: isKeyedByPlace ? topic : plainTopic(topic), partition });
}

function notePlaces(last: Map<string, number>, raw: RawBatch, isKeyedByPlace: boolean): void {
  const places = isKeyedByPlace ? raw.keys : raw.header;
  if (places === undefined)
    throw new MillraceError('LOG_FAILED', 'the merge has lost its position, and the log keeps no headers', {
      where: partitionName(raw.origin),
      remedy: 'Delete the topic, and the one before the merge.',
    });
  for (let row = 0; row < raw.count; row++) {
    const place = places.at(row)?.toString('latin1') ?? '';
    const end = place.lastIndexOf('-');
    const offset = placeAtEnd(place);
    if (end <= 0 || Number.isNaN(offset)) continue;
    const name = place.slice(0, end);
    last.set(name, Math.max(offset, last.get(name) ?? -1));
  }
}
