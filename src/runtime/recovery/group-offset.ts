// How far a task has committed (control path): the group's offset, unless it cannot be right.
import { MillraceError } from '../../core/errors.ts';
import { offsetOfPlace } from '../../core/place.ts';
import { partitionName } from '../../core/topic-partition.ts';
import type { CommittedOffset, EventLog } from '../../ports/event-log.ts';
import type { Checkpoint } from '../../ports/state-store.ts';
import { groupOf, topicsOf } from '../../topology/topics.ts';
import { settleOffsets, type LostOffsetsParts, type Restorable } from './lost-offsets.ts';
import { NO_EPOCH } from './source-identity.ts';

export interface GroupOffsetParts extends Omit<LostOffsetsParts, 'log' | 'requireNewest'> {
  readonly log: Pick<EventLog, 'offsets' | 'topicId' | 'recordedOffset'>;
  /** Place of the newest prediction of the partition; null if there is none. */
  readonly lastPredicted: () => Promise<number | null>;
}

/** The group's offset is behind what it has committed. */
class OutdatedOffset extends MillraceError {}

/**
 * The log's own record of the group's offset is read where the answer for the group may be older: where state or predictions, which
 * say how far the task was, are missing, or where they say that it was further.
 */
export async function settledOffset(
  parts: GroupOffsetParts,
  stored: Checkpoint | null,
  answered: CommittedOffset | null,
): Promise<Restorable> {
  const { topology, log, assignment } = parts;
  const requireNewest = (offset: number, state: number): Promise<void> =>
    checkCommitted(parts, offset, state);
  const settle = (at: CommittedOffset | null): Promise<Restorable> =>
    settleOffsets({ ...parts, requireNewest }, stored, at);
  const recorded = (): Promise<CommittedOffset | null> =>
    log.recordedOffset(groupOf(topology.name), assignment, answered);
  const hasState = stored !== null && stored.epoch !== NO_EPOCH;
  const predicts = (topology.part?.role ?? 'main') === 'main';
  if (!hasState || !predicts) return settle(await recorded());
  try {
    return await settle(answered);
  } catch (error) {
    if (!(error instanceof OutdatedOffset)) throw error;
    return settle(await recorded());
  }
}

/**
 * The group's offset is never behind the state, nor behind the published predictions: each epoch commits it first, and
 * together with its predictions. A broker that has just come back may answer otherwise (its coordinator has not loaded
 * all of the group, or never will), and outputs from there on would be published twice.
 */
async function checkCommitted(
  { topology, assignment, lastPredicted }: GroupOffsetParts,
  committed: number,
  state: number,
): Promise<void> {
  const predicted = offsetOfPlace((await lastPredicted()) ?? -1) + 1;
  const least = Math.max(state, predicted);
  if (committed >= least) return;
  throw new OutdatedOffset(
    'LOG_UNAVAILABLE',
    `the group's offset is ${committed}, behind what it has committed`,
    {
      where: `${groupOf(topology.name)}, ${partitionName(assignment)}`,
      remedy: `The engine retries. If the broker has lost the group's offsets, set this one to ${least} or later; if the source topic was created again, and the state is lost too, delete ${topicsOf(topology).predictions}.`,
    },
  );
}
