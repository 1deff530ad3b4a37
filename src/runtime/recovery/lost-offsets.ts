// What to do if the log no longer has what a partition was committed up to (control path): its topic was deleted and created
// again, retention has deleted events before they were read, or the log was cut off. The group's new position is
// committed before anything is read, so that a crash at any instant comes to the same position.
import { NO_MODEL } from '../../core/blocks.ts';
import { MillraceError } from '../../core/errors.ts';
import { emptyDelta } from '../../core/state-delta.ts';
import { partitionName } from '../../core/topic-partition.ts';
import type { Assignment, CommittedOffset, EpochWriter, EventLog } from '../../ports/event-log.ts';
import type { Checkpoint, StateStore } from '../../ports/state-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { Topology } from '../../topology/define.ts';
import { groupOf, topicsOf } from '../../topology/topics.ts';
import { committedPosition, positionMetadata, type CommittedPosition } from './committed-position.ts';
import { addTopicId, NO_EPOCH, topicIdOf, UNKNOWN_SOURCE, type SourceIdentity } from './source-identity.ts';

/** Where a partition goes on if events were deleted before they were read; `fail` ends the process. */
export type OffsetReset = 'earliest' | 'latest' | 'fail';

export interface LostOffsetsParts {
  readonly topology: Topology;
  readonly log: Pick<EventLog, 'offsets' | 'topicId'>;
  readonly assignment: Assignment;
  readonly store: Pick<StateStore, 'clear' | 'commit'>;
  readonly writer: Pick<EpochWriter, 'commit'>;
  readonly telemetry: Telemetry;
  readonly offsetReset: OffsetReset;
  /** Deletes rows of the partition's events from an offset on in the history: other events are about to have it. */
  readonly forgetRows: (fromOffset: number) => Promise<void>;
  /**
   * Fails if the group's offset is behind what it has committed, by the state's offset and the published predictions: it
   * must not be replaced then.
   */
  readonly requireNewest: (committed: number, state: number) => Promise<void>;
  /** Records before this offset of the predictions topic are those of an earlier incarnation of the source. */
  readonly predictionsFrom: (offset: number) => void;
}

/** What there is to restore from. */
export interface Restorable {
  readonly checkpoint: Checkpoint | null;
  readonly committed: CommittedPosition;
  /** The first offset that the log had. */
  readonly low: number;
  /** Whether state that is missing is to be rebuilt from events before the committed position. */
  readonly isRebuilt: boolean;
}

interface Range {
  readonly low: number;
  readonly high: number;
}

/**
 * @throws OFFSET_LOST if events are gone and `offsetReset` is `fail`; LOG_UNAVAILABLE for an offset that is not the newest
 */
export async function settleOffsets(
  parts: LostOffsetsParts,
  checkpoint: Checkpoint | null,
  groupOffset: CommittedOffset | null,
): Promise<Restorable> {
  const { log, assignment, store } = parts;
  const topicId = await log.topicId(assignment.topic);
  const found = committedPosition(groupOffset);
  const before = found.source ?? UNKNOWN_SOURCE;
  const source = { ...before, topicId: topicId ?? before.topicId };
  const committed = { ...found, source };
  parts.predictionsFrom(source.predictionsFrom);
  const hasPosition = groupOffset !== null;
  const range = (await log.offsets(assignment.topic))[assignment.partition];
  const stateId = topicIdOf(checkpoint);
  const isOther = (id: string | null): boolean => id !== null && topicId !== null && id !== topicId;
  if (range === undefined) return { checkpoint, committed, low: 0, isRebuilt: hasPosition };
  // The state has the id of a topic once the group has committed it: what the group answers now is from before that.
  const isOutdated = isOther(before.topicId) && stateId === topicId && checkpoint?.epoch !== NO_EPOCH;
  if (isOther(hasPosition ? before.topicId : stateId) && !isOutdated)
    return startAgain(parts, committed, range);
  const namesTopicOnly = !hasPosition && checkpoint?.epoch === NO_EPOCH;
  const kept = isOther(stateId) || namesTopicOnly ? null : checkpoint;
  await parts.requireNewest(isOutdated ? 0 : committed.offset, kept?.offsetNext ?? 0);
  if (!hasPosition && checkpoint === null) await rememberTopic(store, { ...committed, offset: range.low });
  if (isOther(stateId)) await store.clear(); // a crash came before this
  if (hasPosition && committed.offset < range.low) return skipDeleted(parts, kept, committed, range);
  if (committed.offset > range.high) return followCut(parts, kept, committed, range);
  return { checkpoint: kept, committed, low: range.low, isRebuilt: hasPosition };
}

/** Another topic of the same name: nothing of the old one is applied to it. */
async function startAgain(
  parts: LostOffsetsParts,
  committed: CommittedPosition,
  range: Range,
): Promise<Restorable> {
  const { assignment, telemetry, store } = parts;
  telemetry.raise(
    'topic_recreated',
    partitionName(assignment),
    `the topic is another one than before: it is read from offset ${range.low} on, and the state and the history rows of the old one are deleted`,
  );
  const position = await commitAt(parts, committed, range.low, Number.NEGATIVE_INFINITY, true);
  await store.clear();
  await rememberTopic(store, position);
  return { checkpoint: null, committed: position, low: range.low, isRebuilt: false };
}

/**
 * The log forgets the position with the topic. Until the state of an epoch is stored, nothing else could say that the
 * topic is another one.
 */
async function rememberTopic(
  store: Pick<StateStore, 'commit'>,
  { offset, watermarkMs, source = UNKNOWN_SOURCE }: CommittedPosition,
): Promise<void> {
  if (source.topicId === null) return;
  const delta = emptyDelta();
  addTopicId(delta.stages, source);
  await store.commit({ epoch: NO_EPOCH, offsetNext: offset, watermarkMs, modelVersion: NO_MODEL }, delta);
}

/** Retention has deleted events before they were read. */
async function skipDeleted(
  parts: LostOffsetsParts,
  checkpoint: Checkpoint | null,
  committed: CommittedPosition,
  range: Range,
): Promise<Restorable> {
  const { assignment, telemetry, topology, offsetReset } = parts;
  const where = partitionName(assignment);
  const deleted = `events from offset ${committed.offset} to ${range.low} were deleted before they were read`;
  if (offsetReset === 'fail') throw lost(where, deleted);
  const to = offsetReset === 'latest' ? range.high : range.low;
  const skipped = to - committed.offset;
  telemetry.count('events_skipped_total', skipped, { topology: topology.name });
  telemetry.raise('offsets_skipped', where, `${deleted}: ${skipped} are skipped, and windows have a gap`);
  const position = await commitAt(parts, committed, to, committed.watermarkMs, false);
  return { checkpoint: movedTo(checkpoint, to), committed: position, low: range.low, isRebuilt: true };
}

/** The log ends before what was read: it was cut off, or is another one without an id. */
async function followCut(
  parts: LostOffsetsParts,
  checkpoint: Checkpoint | null,
  committed: CommittedPosition,
  range: Range,
): Promise<Restorable> {
  const { assignment, telemetry, offsetReset, store } = parts;
  const where = partitionName(assignment);
  const cut = `the log ends at offset ${range.high}, before offset ${committed.offset}, which was read`;
  if (offsetReset === 'fail') throw lost(where, cut);
  // The state first: a crash in between finds the group's offset beyond the end once more.
  if ((committed.source?.topicId ?? null) === null && offsetReset === 'earliest') {
    await store.clear();
    return startAgain(parts, committed, range);
  }
  const moved = movedTo(checkpoint, Math.min(range.high, checkpoint?.offsetNext ?? 0));
  if (moved !== null) await store.commit(moved, emptyDelta());
  telemetry.raise('offsets_skipped', where, `${cut}: reading goes on at its end`);
  const position = await commitAt(parts, committed, range.high, committed.watermarkMs, true);
  return {
    checkpoint: moved,
    committed: position,
    low: range.low,
    isRebuilt: true,
  };
}

function movedTo(checkpoint: Checkpoint | null, offsetNext: number): Checkpoint | null {
  return checkpoint === null ? null : { ...checkpoint, offsetNext };
}

/** @param isReused whether offsets from there on were used before: their predictions are of other events */
async function commitAt(
  { topology, log, assignment, writer, forgetRows, predictionsFrom }: LostOffsetsParts,
  committed: CommittedPosition,
  offset: number,
  watermarkMs: number,
  isReused: boolean,
): Promise<CommittedPosition> {
  const { topic, partition } = assignment;
  if (isReused) await forgetRows(offset);
  const ends = isReused ? await log.offsets(topicsOf(topology).predictions) : [];
  const source: SourceIdentity = {
    topicId: committed.source?.topicId ?? null,
    predictionsFrom: ends[partition]?.high ?? committed.source?.predictionsFrom ?? 0,
  };
  const metadata = positionMetadata(watermarkMs, committed.model ?? null, source);
  await writer.commit(groupOf(topology.name), { topic, partition }, offset, metadata);
  predictionsFrom(source.predictionsFrom);
  return { ...committed, offset, watermarkMs, source };
}

function lost(where: string, what: string): MillraceError {
  return new MillraceError('OFFSET_LOST', what, {
    where,
    remedy:
      'Restore the topic, or set MILLRACE_OFFSET_RESET to earliest or latest to go on with what it has.',
  });
}
