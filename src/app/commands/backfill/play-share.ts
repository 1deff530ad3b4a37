// Some partitions of a backfill, in a worker of the command that has answered the events of views of other keys (control path).
import type { CommittedOffset } from '../../../ports/event-log.ts';
import { MillraceError } from '../../../core/errors.ts';
import { MS_PER_SECOND } from '../../../core/time.ts';
import type { BackfillInput } from '../../../runtime/backfill/backfill-input.ts';
import { finishedPartitions } from '../../../runtime/backfill/finished-partitions.ts';
import type { ModelHub } from '../../../runtime/models/model-hub.ts';
import { openStateFile } from '../../compose/adapters.ts';
import { isSupervised } from '../../workers/supervised.ts';
import type { Backfill } from './backfill-parts.ts';
import { answeredIn, BackfillProgress, type Bounds } from './backfill-progress.ts';
import { writtenInputs } from './file-inputs.ts';
import { rowsIn, stateIn } from './folders.ts';
import { openAnswers } from './play-hops.ts';
import { run } from './play-partitions.ts';
import { logInputs } from './read-inputs.ts';
import { summaryLines } from './summary.ts';

/** Names to a worker the folder of the command that has answered the events. */
export const ANSWERED_BY = 'MILLRACE_BACKFILL_ANSWERED_BY';

/** That folder; null for a process that is no such worker. */
export function answeringFolder(): string | null {
  return isSupervised() ? (process.env[ANSWERED_BY] ?? null) : null;
}

/**
 * Reads the range of the command and what its parts have exchanged. What is finished is in the folder of the worker.
 * @param leader folder of the command
 */
export async function playShare(parts: Backfill, hub: ModelHub, leader: string): Promise<string[]> {
  const { topology, partitions, adapters, folder, from } = parts;
  const answered = answeredIn(leader);
  if (answered === null)
    throw new MillraceError('INVARIANT', 'a worker has started before the events are answered', {
      where: leader,
    });
  const startedMs = performance.now();
  const bounds = answered.bounds.filter(({ partition }) => partitions.includes(partition));
  const inputs = await inputsOf(parts, bounds, leader);
  const progress = new BackfillProgress(folder, answered.request);
  const built = await openStateFile(stateIn(folder), adapters.telemetry);
  try {
    const ended = (partition: number): CommittedOffset | null => progress.finished(partition);
    const finished = await finishedPartitions(topology, built, inputs, ended);
    progress.begin(inputs);
    const left = inputs.filter(({ partition }) => !finished.has(partition));
    const hops = parts.planned.others.length === 0 ? null : openAnswers(parts, leader);
    try {
      const log = hops?.answered ?? adapters.log;
      const done = await run({ parts, log, hub, progress, inputs: left, stores: built });
      const seconds = (performance.now() - startedMs) / MS_PER_SECOND;
      return summaryLines({ topology, from, inputs, finished, answers: null, done, seconds });
    } finally {
      await hops?.own.close();
    }
  } finally {
    await built.close();
  }
}

async function inputsOf(
  parts: Backfill,
  bounds: readonly Bounds[],
  leader: string,
): Promise<readonly BackfillInput[]> {
  const { topology, partitions, from } = parts;
  if (from.kind === 'files') return writtenInputs(topology, rowsIn(leader), bounds);
  return logInputs(parts, partitions, bounds, from.kind === 'archive');
}
