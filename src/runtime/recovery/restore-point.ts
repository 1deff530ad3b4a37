// Where a task starts (control path): the state and its offset from the store, the group's offset from the log.
import { NO_MODEL } from '../../core/blocks.ts';
import {
  addCompleteFrom,
  addOutcomesFrom,
  COMPLETE_STAGE,
  completeFrom,
  OUTCOMES_STAGE,
  outcomesFrom,
} from '../../core/complete-state.ts';
import { ONCE, onceTopicId } from '../../operators/once.ts';
import { stageKey } from '../../core/lost-state.ts';
import { emptyDelta } from '../../core/state-delta.ts';
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type { Assignment, EpochWriter, EventLog } from '../../ports/event-log.ts';
import type { EventArchive, EventSource } from '../../ports/history.ts';
import type { Checkpoint, StateStore } from '../../ports/state-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { Topology } from '../../topology/define.ts';
import { groupOf } from '../../topology/topics.ts';
import type { EventPlacesReader } from '../answers/event-places.ts';
import type { CommittedPosition } from './committed-position.ts';
import { settledOffset } from './group-offset.ts';
import type { OffsetReset, Restorable } from './lost-offsets.ts';
import { firstOutcome, reachBack, type SeekBack } from './seek-back.ts';
import { dropInterruptedSeed } from './interrupted-seed.ts';
import { addTopicId, NO_EPOCH, UNKNOWN_SOURCE } from './source-identity.ts';
import { requireSameTarget } from './target-identity.ts';
import type { StateDamage } from './state-damage.ts';

/** Records before `until` come from the archive, the rest from the log. */
export interface ArchivedSpan {
  readonly until: number;
  /** The end of the log when the span was determined. */
  readonly logEnd: number;
}

export interface RestorePoint {
  /** The offset to read from, which is the state's; null for the earliest. */
  readonly from: number | null;
  /** The first offset that the log had. */
  readonly low: number;
  /** What is read from the archive, from there on; null if the log still holds it. */
  readonly archived: ArchivedSpan | null;
  /** What an earlier run has committed: it is not published again. */
  readonly committed: CommittedPosition;
  readonly epoch: number;
  /** -Infinity if there is no checkpoint. */
  readonly watermarkMs: number;
  /** Null if there is no checkpoint. */
  readonly modelVersion: string | null;
  readonly stages: ReadonlyMap<string, Uint8Array>;
  /** The offset from which on the state has all events again; null if it has never been rebuilt. */
  readonly completeFrom: number | null;
  /** Offset before which predictions have outcomes of an earlier run, as the state lacks what came before them; 0 for none. */
  readonly outcomesFrom: number;
}

interface RestoreParts {
  readonly topology: Topology;
  readonly log: EventLog;
  readonly assignment: Assignment;
  /** Null if the source is not archived. */
  readonly archive: EventArchive | null;
  readonly store: StateStore;
  /** Of an entity part: where its events are in the source. */
  readonly places: Pick<EventPlacesReader, 'isFormer'> | null;
  readonly damage: StateDamage;
  /** Already open: what older writers of its id had under way is committed or aborted, so the group's offset is final. */
  readonly writer: EpochWriter;
  readonly telemetry: Telemetry;
  /** Committed records up to which a lost state is rebuilt from all of them. */
  readonly rebuildWholeRowsMax: number;
  readonly lastPredicted: () => Promise<number | null>;
  /** Announces to sinks what is predicted, once it is known which predictions are of this source. */
  readonly begins: () => Promise<void>;
  readonly predictionsFrom: (offset: number) => void;
  readonly forgetRows: (fromOffset: number) => Promise<void>;
  readonly offsetReset: OffsetReset;
}

/** Announces this owner to the store, which fences older ones, and reads where to start. */
export async function restorePoint(parts: RestoreParts): Promise<RestorePoint> {
  const { topology, assignment, store, writer, damage } = parts;
  const stored = await ofThisSource(parts, await store.restore(assignment.generation));
  await dropInterruptedSeed(store, stored);
  requireSameTarget(topology, stored);
  const restorable = await settledOffset(
    parts,
    stored,
    await writer.committed(groupOf(topology.name), assignment),
  );
  const { checkpoint, committed, low, isRebuilt } = restorable;
  await parts.begins();
  damage.found(lostStages(topology, checkpoint));
  if (checkpoint !== null && damage.keys.length === 0) return continueFrom(parts, checkpoint, restorable);
  const reach = { ...parts, source: sourceOf(topology, assignment) };
  const back = isRebuilt ? await reachBack(reach, committed) : null;
  if (checkpoint !== null && back?.reaches === false) {
    await damage.accept(store);
    return continueFrom(parts, checkpoint, restorable);
  }
  // What is left of the state must not be mistaken for the new one.
  if (checkpoint !== null || back !== null) await store.clear();
  const from = back === null ? null : rebuildFrom(parts, committed, back);
  const outcomesFrom = back === null ? 0 : await firstOutcome(reach, committed, back);
  if (back !== null) await markIncomplete(parts, from ?? low, outcomesFrom, committed);
  const archived = from === null ? null : await archivedSpan(parts, from);
  const none = {
    epoch: NO_EPOCH,
    watermarkMs: Number.NEGATIVE_INFINITY,
    modelVersion: null,
    stages: new Map(),
  };
  const completeFrom = back === null ? null : committed.offset;
  return { from, low, archived, committed, completeFrom, outcomesFrom, ...none };
}

/**
 * Readers of the online store learn at once that what they miss is not there yet. Of the events that are read again nothing
 * is in this checkpoint: a restart from it begins the rebuild again.
 */
async function markIncomplete(
  { store }: RestoreParts,
  offsetNext: number,
  outcomesFrom: number,
  { offset, source = UNKNOWN_SOURCE }: CommittedPosition,
): Promise<void> {
  const delta = emptyDelta();
  addTopicId(delta.stages, source);
  addCompleteFrom(delta.stages, offset);
  addOutcomesFrom(delta.stages, outcomesFrom);
  const watermarkMs = Number.NEGATIVE_INFINITY;
  await store.commit({ epoch: NO_EPOCH, offsetNext, watermarkMs, modelVersion: NO_MODEL }, delta);
}

/** What a hop has computed from an earlier topic of the source's name is deleted. */
async function ofThisSource(
  { store, places, assignment, telemetry }: RestoreParts,
  stored: Checkpoint | null,
): Promise<Checkpoint | null> {
  const once = stored?.stages.get(ONCE);
  if (places === null || once === undefined || !(await places.isFormer(onceTopicId(once)))) return stored;
  telemetry.raise(
    'topic_recreated',
    partitionName(assignment),
    'the source is another topic than before: the state of the old one is deleted',
  );
  await store.clear();
  return null;
}

/** A checkpoint of another topology version may have the state of stages that are gone. */
function lostStages({ stages }: Topology, checkpoint: Checkpoint | null): string[] {
  const keys = new Set(stages.map(({ id }) => stageKey(id)));
  return (checkpoint?.lost ?? []).filter((key) => keys.has(key));
}

async function continueFrom(
  parts: RestoreParts,
  checkpoint: Checkpoint,
  { committed, low }: Restorable,
): Promise<RestorePoint> {
  const { offsetNext, epoch, watermarkMs, stages } = checkpoint;
  const modelVersion = epoch === NO_EPOCH ? null : checkpoint.modelVersion;
  // A rebuild from the archive that was interrupted continues there.
  const archived = offsetNext < committed.offset ? await archivedSpan(parts, offsetNext) : null;
  if (archived !== null && !(await isArchived(parts, offsetNext, archived.until)))
    warnIncomplete(parts, offsetNext);
  const from = archived === null ? firstKept(parts, offsetNext, low) : offsetNext;
  // The log may have been cut off since.
  const rebuilt = completeFrom(stages.get(COMPLETE_STAGE));
  const until = rebuilt === null ? null : Math.min(rebuilt, committed.offset);
  if (until !== null && offsetNext < until) parts.damage.continues(offsetNext, until);
  const outcomes = outcomesFrom(stages.get(OUTCOMES_STAGE));
  const known = { epoch, watermarkMs, modelVersion, stages, completeFrom: until, outcomesFrom: outcomes };
  return { from, low, archived, committed, ...known };
}

/** The store lost the state: events are read again as far back as it reaches, and published from the committed offset on. */
function rebuildFrom(parts: RestoreParts, committed: CommittedPosition, back: SeekBack): number | null {
  const { assignment, telemetry, damage } = parts;
  damage.rebuilds(back.offset, committed.offset);
  telemetry.warn('the state store has lost this partition: its state is rebuilt from the log', {
    partition: partitionName(assignment),
    from: back.offset ?? 'earliest',
    until: committed.offset,
  });
  if (!back.reaches) warnIncomplete(parts, back.offset ?? 0);
  return back.offset;
}

/** @param from the first offset that is left */
function warnIncomplete({ assignment, archive, telemetry, damage }: RestoreParts, from: number): void {
  damage.incomplete(
    `events before offset ${from} are missing from the state: they are no longer there to read`,
  );
  telemetry.error('the log no longer reaches back as far as the state: windows start incomplete', {
    partition: partitionName(assignment),
    remedy:
      archive === null
        ? 'Keep the source topic for at least as long as the longest window, or declare archive: true on the source.'
        : 'The archive does not reach back either, or lacks events. Keep both for at least as long as the longest window.',
  });
}

/** Events between the state and the group's offset are read again, as far as the log still has them. */
function firstKept(parts: RestoreParts, offset: number, low: number): number {
  if (offset >= low) return offset;
  warnIncomplete(parts, low);
  return low;
}

async function isArchived(
  { topology, assignment, archive }: RestoreParts,
  from: number,
  until: number,
): Promise<boolean> {
  await archive?.flush();
  return (await archive?.holdsEvents(sourceOf(topology, assignment), from, until)) ?? false;
}

/** What the log no longer holds from `from` on; null if it holds everything, or without an archive. */
async function archivedSpan(
  { log, assignment, archive, telemetry }: RestoreParts,
  from: number,
): Promise<ArchivedSpan | null> {
  if (archive === null) return null;
  const range = (await log.offsets(assignment.topic))[assignment.partition];
  if (range === undefined || from >= range.low) return null;
  telemetry.warn('the log no longer holds these events: they are read from the archive', {
    partition: partitionName(assignment),
    from,
    until: range.low,
  });
  return { until: range.low, logEnd: range.high };
}

export function sourceOf({ name }: Topology, { topic, partition }: TopicPartition): EventSource {
  return { topology: name, topic, partition };
}
