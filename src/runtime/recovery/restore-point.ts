// Where a task begins (control path): S and the state from the store, G from the log.
import { MillraceError } from '../../core/errors.ts';
import { partitionName } from '../../core/topic-partition.ts';
import type { Assignment, EpochWriter, EventLog } from '../../ports/event-log.ts';
import type { EventArchive, EventSource } from '../../ports/history.ts';
import type { StateStore } from '../../ports/state-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { Topology } from '../../topology/define.ts';
import { groupOf } from '../../topology/topics.ts';
import { heldOf, type Held } from './held.ts';
import { seekArchive, seekBack } from './seek-back.ts';

/** Records before `until` come from the archive, the rest from the log. */
export interface ArchivedSpan {
  readonly until: number;
  /** Where the log ended when the span was found. */
  readonly logEnd: number;
}

export interface RestorePoint {
  /** S: the offset to read from; null for the earliest. */
  readonly from: number | null;
  /** What is read from the archive, from S on; null where the log still holds it. */
  readonly archived: ArchivedSpan | null;
  /** G. */
  readonly held: Held;
  readonly epoch: number;
  /** -Infinity where there is no checkpoint. */
  readonly watermarkMs: number;
  /** Null where there is no checkpoint. */
  readonly modelVersion: string | null;
  readonly stages: ReadonlyMap<string, Uint8Array>;
}

export interface RestoreParts {
  readonly topology: Topology;
  readonly log: EventLog;
  readonly assignment: Assignment;
  /** Null where the source is not archived. */
  readonly archive: EventArchive | null;
  readonly store: StateStore;
  /** Opened before: what older writers of its id had under way is committed or gone, so G is final. */
  readonly writer: EpochWriter;
  readonly telemetry: Telemetry;
  /** Committed records up to which a lost state is rebuilt from all of them. */
  readonly rebuildWholeRowsMax: number;
  readonly lastPredicted: () => Promise<number | null>;
}

/** Announces this owner to the store, which fences older ones, and reads where to begin. */
export async function restorePoint(parts: RestoreParts): Promise<RestorePoint> {
  const { topology, assignment, store, writer } = parts;
  const checkpoint = await store.restore(assignment.generation);
  const committed = await writer.committed(groupOf(topology.name), assignment);
  const held = heldOf(committed);
  await checkCommitted(parts, held.below, checkpoint?.offsetNext ?? 0);
  if (checkpoint !== null) {
    const { offsetNext, epoch, watermarkMs, modelVersion, stages } = checkpoint;
    // A rebuild from the archive that was cut short goes on there.
    const archived = offsetNext < held.below ? await archivedSpan(parts, offsetNext) : null;
    if (archived !== null && !(await isArchived(parts, offsetNext, archived.until))) tellIncomplete(parts);
    return { from: offsetNext, archived, held, epoch, watermarkMs, modelVersion, stages };
  }
  const from = committed === null ? null : await rebuildFrom(parts, held);
  const archived = from === null ? null : await archivedSpan(parts, from);
  const none = { epoch: 0, watermarkMs: Number.NEGATIVE_INFINITY, modelVersion: null, stages: new Map() };
  return { from, archived, held, ...none };
}

/**
 * G is never behind the state, nor behind what is out: each epoch commits G first, and with its predictions. A broker
 * that is just back may say otherwise (its coordinator has not loaded all of the group, or never will), and what would be
 * sent from there on is out already.
 */
async function checkCommitted(
  { topology, assignment, lastPredicted }: RestoreParts,
  committed: number,
  state: number,
): Promise<void> {
  const predicted = ((await lastPredicted()) ?? -1) + 1;
  const least = Math.max(state, predicted);
  if (committed >= least) return;
  throw new MillraceError('LOG_UNAVAILABLE', `the group is at ${committed}, behind what it has committed`, {
    where: `${groupOf(topology.name)}, ${partitionName(assignment)}`,
    remedy: `It is asked again. Where the broker has lost the group's offsets, set this one to ${least} or later.`,
  });
}

/** The store lost what had been committed: as much is read again as the state reaches back, and held back until G. */
async function rebuildFrom(parts: RestoreParts, held: Held): Promise<number | null> {
  const { topology, log, assignment, archive, telemetry, rebuildWholeRowsMax } = parts;
  const memoryMs = Math.max(...topology.stages.map((stage) => stage.memoryMs));
  const reachMs = memoryMs + topology.watermarks.allowedLatenessMs;
  const inLog = await seekBack(log, assignment, held, reachMs, rebuildWholeRowsMax);
  const of = sourceOf(topology, assignment);
  const back =
    archive === null ? inLog : await seekArchive(archive, log, of, held, reachMs, rebuildWholeRowsMax, inLog);
  telemetry.warn('the state store has lost this partition: its state is rebuilt from the log', {
    partition: partitionName(assignment),
    from: back.offset ?? 'earliest',
    until: held.below,
  });
  if (!back.reaches) tellIncomplete(parts);
  return back.offset;
}

function tellIncomplete({ assignment, archive, telemetry }: RestoreParts): void {
  telemetry.error('the log no longer reaches back as far as the state: windows begin incomplete', {
    partition: partitionName(assignment),
    remedy:
      archive === null
        ? 'Keep the source topic for as long as the longest window, or longer, or declare archive: true on the source.'
        : 'The archive does not reach either, or lacks events. Keep both for as long as the longest window, or longer.',
  });
}

async function isArchived(
  { topology, assignment, archive }: RestoreParts,
  from: number,
  until: number,
): Promise<boolean> {
  await archive?.flush();
  return (await archive?.holdsEvents(sourceOf(topology, assignment), from, until)) ?? false;
}

/** What the log no longer holds from `from` on; null where there is none, or no archive. */
async function archivedSpan(
  { log, assignment, archive, telemetry }: RestoreParts,
  from: number,
): Promise<ArchivedSpan | null> {
  if (archive === null) return null;
  const range = (await log.offsets(assignment.topic))[assignment.partition];
  if (range === undefined || from >= range.low) return null;
  telemetry.warn('the log no longer holds what is read: it comes from the archive', {
    partition: partitionName(assignment),
    from,
    until: range.low,
  });
  return { until: range.low, logEnd: range.high };
}

export function sourceOf({ name }: Topology, { topic, partition }: Assignment): EventSource {
  return { topology: name, topic, partition };
}
