// Opens everything that a task needs to process its partition from its restore point on (control path).
import { STORE_CHECK_MS } from '../../core/store-limits.ts';
import { StateLost, stageKey } from '../../core/lost-state.ts';
import { partitionName } from '../../core/topic-partition.ts';
import type { ControlObservations } from '../../operators/observations.ts';
import { Checkpoints } from '../commit/checkpoints.ts';
import { EpochCounts } from '../commit/epoch-counts.ts';
import { Epochs } from '../commit/epochs.ts';
import type { OpenSlot } from '../models/model-hub.ts';
import { restorePoint, type RestorePoint } from '../recovery/restore-point.ts';
import { targetMark } from '../recovery/target-identity.ts';
import { Pipeline } from './pipeline.ts';
import { stageContext, type ContextParts } from './stage-context.ts';
import type { TaskParts } from './task-parts.ts';

export interface RestoredTask extends ContextParts {
  readonly pipeline: Pipeline;
  readonly checkpoints: Checkpoints;
  /** First offset whose event goes to the archive: the events before it were read from the archive. */
  readonly archivesFrom: number;
  /** Events below it have been counted. */
  readonly countedBelow: number;
}

/** @param failed called when a commit in the background fails: the task must restart */
export async function restoreTask(
  parts: TaskParts,
  observations: ControlObservations,
  failed: (error: Error) => void,
): Promise<RestoredTask> {
  const { rebuildWholeRowsMax, offsetReset } = parts.settings;
  const at = await restorePoint({ ...parts, rebuildWholeRowsMax, offsetReset });
  await boundaryDecided(parts, at);
  const model = await parts.openModel(at.modelVersion, at.committed.model ?? null, at.watermarkMs);
  try {
    return await openTask(parts, at, model, observations, failed);
  } catch (error) {
    model.close();
    throw error;
  }
}

/**
 * A partition that stopped at a boundary, before it was decided, waits there again. Once it had gone on, the log has more
 * of it than the state. Resolves as well when the partition is revoked, or the engine stops: the task then processes nothing.
 */
async function boundaryDecided(
  { topology, control, assignment, progress }: TaskParts,
  { from, committed, watermarkMs }: RestorePoint,
): Promise<void> {
  const { everyMs } = topology.control ?? {};
  const isAtBoundary = everyMs !== undefined && watermarkMs % everyMs === 0;
  const isAtEnd = from === committed.offset && watermarkMs === committed.watermarkMs;
  if (!control.isDurable || !isAtBoundary || !isAtEnd || assignment.revoked.aborted) return;
  progress.phase = 'waiting at a control boundary';
  const revoked = Promise.withResolvers<void>();
  const revoke = (): void => revoked.resolve();
  assignment.revoked.addEventListener('abort', revoke);
  await Promise.race([control.resume(assignment, watermarkMs), revoked.promise]);
  assignment.revoked.removeEventListener('abort', revoke);
}

/** Whatever fails here, the caller closes the model's slot. */
async function openTask(
  parts: TaskParts,
  at: RestorePoint,
  model: OpenSlot,
  observations: ControlObservations,
  failed: (error: Error) => void,
): Promise<RestoredTask> {
  const { topology, assignment, store, damage, writer, control, telemetry, settings } = parts;
  const counts = new EpochCounts(telemetry, parts.stats);
  const countedBelow = parts.progress.restored(at.from ?? 0, at.committed.offset);
  const outputs = parts.outputs(at.committed, countedBelow, counts);
  const checkpoints = new Checkpoints({
    store,
    damage,
    flushSinks: parts.flushSinks,
    intervalMs: settings.checkpointIntervalMs,
    checkMs: STORE_CHECK_MS,
    failed,
  });
  const committed = await parts.committed(at.from ?? 0, at.committed.offset);
  const epochs = new Epochs({
    topology: topology.name,
    assignment,
    writer,
    checkpoints,
    control,
    telemetry,
    counts,
    progress: parts.progress,
    observations,
    outputs,
    model,
    erasedUpTo: parts.erasedUpTo,
    targetMark: targetMark(topology),
    completeFrom: at.completeFrom,
    outcomesFrom: at.outcomesFrom,
    committed: at.committed,
    epoch: at.epoch,
    failed,
  });
  const answers = await parts.openAnswers(at.committed, failed);
  const pipeline = new Pipeline(
    topology,
    stageContext(parts, { at, model, outputs, epochs, committed, counts, answers }),
  );
  const refused: string[] = [];
  pipeline.restore(at.stages, (stage) => refused.push(stageKey(stage)));
  if (refused.length > 0) {
    const where = partitionName(assignment);
    await damage.lost(store, new StateLost(refused, 'a stage cannot use its state', where));
  }
  const archivesFrom = parts.isArchiving ? (at.archived?.until ?? 0) : Number.POSITIVE_INFINITY;
  const opened = { at, model, pipeline, outputs, epochs, checkpoints, committed, counts, answers };
  return { ...opened, archivesFrom, countedBelow };
}
