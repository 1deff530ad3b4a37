// Waits until the partitions of a topology have taken a model update (control path). Each task commits what it has taken
// with its offset, so the group's offsets in the log say it for every process of a fleet.
import { setTimeout as sleep } from 'node:timers/promises';
import { isCode, MillraceError } from '../../core/errors.ts';
import { MODEL_TAKEN_POLL_MS } from '../../core/model-limits.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { TakenModel } from '../../runtime/models/taken-model.ts';
import { parseMetadata } from '../../runtime/recovery/committed-position.ts';
import type { Promotion } from '../../serving/serving-context.ts';
import type { Topology } from '../../topology/define.ts';
import { groupOf } from '../../topology/topics.ts';

export interface TakenByParts {
  readonly topology: Topology;
  readonly log: EventLog;
  /** Whether an engine of the topology runs, in any process. */
  readonly isRunning: () => Promise<boolean>;
  readonly waitMs: number;
}

/** What each partition has taken, in their order; null if it is unknown. Null for a log that lacks the source. */
async function takenModels({
  topology: { name, source },
  log,
}: TakenByParts): Promise<ReadonlyArray<TakenModel | null> | null> {
  try {
    const offsets = await log.committedOffsets(groupOf(name), source.topic);
    return Array.from({ length: source.partitions }, (_, partition) => {
      const at = offsets.get(partition);
      return at === undefined ? null : (parseMetadata(at.metadata).model ?? null);
    });
  } catch (error) {
    if (isCode(error, 'LOG_FAILED')) return null;
    throw error;
  }
}

/**
 * @param update offset of the update in the model-updates topic
 * @throws MODEL_INVALID if partitions have refused it
 */
export async function takenBy(parts: TakenByParts, version: string, update: number): Promise<Promotion> {
  const endMs = performance.now() + parts.waitMs;
  for (;;) {
    // First: before an engine has ever run, its source may not exist.
    if (!(await parts.isRunning())) return { version, outcome: 'no-engine', waiting: [] };
    const models = await takenModels(parts);
    if (models === null) return { version, outcome: 'unseen', waiting: [] };
    const waiting = models.flatMap((model, partition) =>
      model !== null && model.update >= update ? [] : [partition],
    );
    refuseRefused(models, version, update);
    if (waiting.length === 0) return { version, outcome: 'taken', waiting };
    if (performance.now() >= endMs) return { version, outcome: 'waiting', waiting };
    await sleep(MODEL_TAKEN_POLL_MS);
  }
}

function refuseRefused(models: ReadonlyArray<TakenModel | null>, version: string, update: number): void {
  const refusals = models.flatMap((model, partition) =>
    model?.update === update && model.refused !== null ? [{ partition, why: model.refused }] : [],
  );
  const [first] = refusals;
  if (first === undefined) return;
  throw new MillraceError('MODEL_INVALID', `an engine refused ${first.why}`, {
    where: `partition ${refusals.map(({ partition }) => partition).join(', ')}`,
    remedy: 'The champion before it stays in use there. Promote a version that the engines can load.',
  });
}

/** Which partitions wait, for people. */
export function waitingText({ waiting }: Promotion): string {
  return `partition${waiting.length === 1 ? '' : 's'} ${waiting.join(', ')}`;
}
