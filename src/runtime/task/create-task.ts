// Makes the task of an assigned partition (control path): announces its owner to the store and the log, in this order.
import type { Assignment, EpochWriter } from '../../ports/event-log.ts';
import { taskWriterId } from '../../topology/topics.ts';
import type { DeadLetterLog } from '../commit/dead-letter-log.ts';
import { EpochOutputs, type OutputEncoders } from '../commit/epoch-outputs.ts';
import { openExchange } from '../answers/open-exchange.ts';
import type { EngineParts } from '../engine-parts.ts';
import type { ProfileBoard } from '../profiles/profile-board.ts';
import type { PartitionProgress } from '../progress/partition-progress.ts';
import type { Claim } from '../recovery/claim.ts';
import { CommittedPredictions } from '../recovery/committed-predictions.ts';
import { sourceOf } from '../recovery/restore-point.ts';
import { openPredictions } from '../recovery/published-predictions.ts';
import type { PartitionProtection, Protection } from '../personal/protection.ts';
import {
  applyErasures,
  NOTHING_ERASED,
  type AppliedErasures,
  type ApplyParts,
} from '../erasure/apply-erasures.ts';
import type { Erasures } from '../erasure/erasures.ts';
import type { StateDamage } from '../recovery/state-damage.ts';
import { announceBegin } from './begin.ts';
import type { RunStats } from './run-stats.ts';
import type { SourceDecoder } from './source-decoder.ts';
import { PartitionTask } from './task.ts';

/** One task of an assignment: another follows if it fails. */
export interface Attempt {
  readonly assignment: Assignment;
  readonly claim: Claim;
  readonly damage: StateDamage;
  /** Called when the task starts to read. */
  readonly started: () => void;
  /** Resolves when the assignment has ended. */
  readonly ended: Promise<void>;
  readonly progress: PartitionProgress;
}

/**
 * @param deadLetterLog of the engine
 * @param protection of the engine; null for a source without sensitive columns
 * @param erasures of the topology; null if its source does not name whose the events are
 */
export async function createTask(
  parts: EngineParts,
  encoders: OutputEncoders,
  { assignment, claim, damage, started, progress }: Attempt,
  decoder: SourceDecoder,
  stats: RunStats,
  profiles: ProfileBoard,
  deadLetterLog: DeadLetterLog,
  protection: Protection | null,
  erasures: Erasures | null,
): Promise<PartitionTask> {
  const { topology, log, stores, history, sinks, hub, control, telemetry, nowMs, settings } = parts;
  await tablesReady(parts, assignment, progress);
  const store = stores.open(topology.name, assignment);
  // The store checks the generation and rejects a former owner, before its writer fences that of the next owner.
  await claim.announce(store);
  const predictions = await openPredictions(parts, parts.quarantine);
  const archived = topology.source.archive === true ? history : null;
  const archive = archived ?? parts.archive ?? null;
  const writer = await log.epochWriter(taskWriterId(topology.name, assignment));
  const flushSinks = (): Promise<void> => sinks.flush();
  const applied = { ...parts, assignment, store, writer, archive, decoder, damage, flushSinks };
  const opened = (): Promise<Protected> => openProtected(applied, protection, erasures);
  const { erased, protection: protectedPartition } = await closedIfItFails(writer, opened);
  const exchange = openExchange(parts, assignment, progress);
  const common = { writer, encoders, sinks, archive: archived, deadLetterLog, nowMs };
  const outputs = { ...common, ...exchange.outputs, protection: protectedPartition };
  return new PartitionTask({
    topology,
    log,
    assignment,
    archive: archive === null || protectedPartition === null ? archive : protectedPartition.archive(archive),
    isArchiving: archived !== null,
    decoder,
    protection: protectedPartition,
    erasedUpTo: erased.sequence,
    store,
    damage,
    writer,
    control,
    started,
    progress,
    stats,
    profiles,
    tables: parts.tables,
    telemetry,
    nowMs,
    settings,
    // Called when the writer is open and before the first prediction: no other process appends to the topic any more.
    lastPredicted: () => predictions.last(assignment.partition),
    begins: () => announceBegin(topology, sinks, predictions, assignment.partition),
    forgetRows: async (fromOffset) => history?.forget(sourceOf(topology, assignment), fromOffset),
    predictionsFrom: (offset) => predictions.startAt(assignment.partition, offset),
    ...exchange.task,
    bufferedRows: () => sinks.bufferedRows,
    openModel: (version, committed, watermarkMs) => hub.open(version, committed, watermarkMs),
    flushSinks,
    committed: (from, to) => CommittedPredictions.read(predictions, assignment.partition, from, to),
    outputs: ({ offset, source }, countedBelow, counts) =>
      new EpochOutputs({ ...outputs, counts, topicId: source?.topicId ?? null }, offset, countedBelow),
  });
}

/** What the tables have now is read before an event is processed. A stop, or a revocation, ends the wait. */
async function tablesReady(
  { tables }: EngineParts,
  { revoked }: Attempt['assignment'],
  progress: PartitionProgress,
): Promise<void> {
  if (tables === undefined) return;
  const { phase } = progress;
  progress.phase = 'waiting for its lookup tables';
  await tables.ready(revoked);
  progress.phase = phase;
}

/** Closes the writer if the work fails: the next attempt opens another one. */
async function closedIfItFails<T>(writer: EpochWriter, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await writer.close();
    throw error;
  }
}

interface Protected {
  readonly erased: AppliedErasures;
  readonly protection: PartitionProtection | null;
}

/** What is to be erased is gone before the keys of the partition are read, and anything is processed. */
async function openProtected(
  parts: Omit<ApplyParts, 'protection' | 'erasures' | 'rebuildWholeRowsMax'> & Pick<EngineParts, 'settings'>,
  protection: Protection | null,
  erasures: Erasures | null,
): Promise<Protected> {
  if (protection === null) return { erased: NOTHING_ERASED, protection: null };
  const erased =
    erasures === null
      ? NOTHING_ERASED
      : await applyErasures({
          ...parts,
          protection,
          erasures,
          rebuildWholeRowsMax: parts.settings.rebuildWholeRowsMax,
        });
  return { erased, protection: await protection.partition(parts.assignment.partition, erased.rows) };
}
