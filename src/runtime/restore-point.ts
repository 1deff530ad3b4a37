// Where a task begins (control path): S and the state from the store, G from the log.
import { MillraceError } from '../core/errors.ts';
import { partitionName } from '../core/topic-partition.ts';
import type { Assignment, EpochWriter, EventLog } from '../ports/event-log.ts';
import type { StateStore } from '../ports/state-store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { Topology } from '../topology/define.ts';
import { groupOf } from '../topology/topics.ts';
import { heldOf, type Held } from './held.ts';
import { seekBack } from './seek-back.ts';

export interface RestorePoint {
  /** S: the offset to read from; null for the earliest. */
  readonly from: number | null;
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
    return { from: offsetNext, held, epoch, watermarkMs, modelVersion, stages };
  }
  const from = committed === null ? null : await rebuildFrom(parts, held);
  const none = { epoch: 0, watermarkMs: Number.NEGATIVE_INFINITY, modelVersion: null, stages: new Map() };
  return { from, held, ...none };
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
    mend: `It is asked again. Where the broker has lost the group's offsets, set this one to ${least} or later.`,
  });
}

/** The store lost what had been committed: as much is read again as the state reaches back, and held back until G. */
async function rebuildFrom(
  { topology, log, assignment, telemetry, rebuildWholeRowsMax }: RestoreParts,
  held: Held,
): Promise<number | null> {
  const memoryMs = Math.max(...topology.stages.map((stage) => stage.memoryMs));
  const reachMs = memoryMs + topology.watermarks.allowedLatenessMs;
  const back = await seekBack(log, assignment, held, reachMs, rebuildWholeRowsMax);
  telemetry.warn('the state store has lost this partition: its state is rebuilt from the log', {
    partition: partitionName(assignment),
    from: back.offset ?? 'earliest',
    until: held.below,
  });
  if (!back.reaches) {
    telemetry.error('the log no longer reaches back as far as the state: windows begin incomplete', {
      partition: partitionName(assignment),
      mend: 'Keep the source topic for as long as the longest window, or longer.',
    });
  }
  return back.offset;
}
