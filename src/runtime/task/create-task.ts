// Makes the task of an assigned partition (control path): announces its owner to the store and the log, in this order.
import { partitionName } from '../../core/topic-partition.ts';
import type { Assignment, EpochWriter } from '../../ports/event-log.ts';
import { groupOf, topicsOf } from '../../topology/topics.ts';
import type { DeadLetterLog } from '../commit/dead-letter-log.ts';
import { EpochOutputs, type OutputEncoders } from '../commit/epoch-outputs.ts';
import type { EngineParts } from '../engine-parts.ts';
import type { PartitionProgress } from '../progress/partition-progress.ts';
import type { Claim } from '../recovery/claim.ts';
import { CommittedPredictions } from '../recovery/committed-predictions.ts';
import { sourceOf } from '../recovery/restore-point.ts';
import { PredictionsTopic } from '../recovery/predictions-topic.ts';
import type { PartitionProtection, Protection } from '../personal/protection.ts';
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

/** @param deadLetterLog of the engine @param protection of the engine; null for a source without sensitive columns */
export async function createTask(
  parts: EngineParts,
  encoders: OutputEncoders,
  { assignment, claim, damage, started, progress }: Attempt,
  decoder: SourceDecoder,
  stats: RunStats,
  deadLetterLog: DeadLetterLog,
  protection: Protection | null,
): Promise<PartitionTask> {
  const {
    topology,
    log,
    codec,
    stores,
    history,
    sinks,
    hub,
    control,
    telemetry,
    quarantine,
    nowMs,
    settings,
  } = parts;
  const topics = topicsOf(topology);
  const store = stores.open(topology.name, assignment);
  // The store checks the generation and rejects a former owner, before its writer fences that of the next owner.
  await claim.announce(store);
  const predictions = await PredictionsTopic.open(log, topics, codec, quarantine);
  const archive = topology.source.archive === true ? history : null;
  const writer = await log.epochWriter(`${groupOf(topology.name)}.${partitionName(assignment)}`);
  const protectedPartition = await opened(protection, assignment.partition, writer);
  const { name } = topology;
  const common = { topology: name, topics, writer, encoders, sinks, archive, deadLetterLog, nowMs };
  const outputs = { ...common, protection: protectedPartition };
  return new PartitionTask({
    topology,
    log,
    assignment,
    archive: archive === null || protectedPartition === null ? archive : protectedPartition.archive(archive),
    decoder,
    protection: protectedPartition,
    store,
    damage,
    writer,
    control,
    started,
    progress,
    stats,
    telemetry,
    nowMs,
    settings,
    // Called when the writer is open and before the first prediction: no other process appends to the topic any more.
    lastPredicted: () => predictions.last(assignment.partition),
    begins: () => announceBegin(topology, sinks, predictions, assignment.partition),
    forgetRows: async (fromOffset) => history?.forget(sourceOf(topology, assignment), fromOffset),
    predictionsFrom: (offset) => predictions.startAt(assignment.partition, offset),
    bufferedRows: () => sinks.bufferedRows,
    openModel: (version, committed, watermarkMs) => hub.open(version, committed, watermarkMs),
    flushSinks: () => sinks.flush(),
    committed: (from, to) => CommittedPredictions.read(predictions, assignment.partition, from, to),
    outputs: (committedBelow, countedBelow, counts) =>
      new EpochOutputs({ ...outputs, counts }, committedBelow, countedBelow),
  });
}

/** Closes the writer if the keys cannot be had: the next attempt opens another one. */
async function opened(
  protection: Protection | null,
  partition: number,
  writer: EpochWriter,
): Promise<PartitionProtection | null> {
  if (protection === null) return null;
  try {
    return await protection.partition(partition);
  } catch (error) {
    await writer.close();
    throw error;
  }
}
