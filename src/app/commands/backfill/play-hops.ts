// The parts of a topology with views of other keys in a backfill (control path): they answer the events of the whole range before
// the topology itself is played. What they exchange is in a log of the backfill's folder.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedLog } from '../../../adapters/embedded/log.ts';
import { MS_PER_SECOND } from '../../../core/time.ts';
import type { EventLog } from '../../../ports/event-log.ts';
import type { StateStores } from '../../../ports/state-store.ts';
import { answerEvents, ownTopics } from '../../../runtime/backfill/answer-events.ts';
import type { BackfillInput } from '../../../runtime/backfill/backfill-input.ts';
import { RoutedLog } from '../../../runtime/backfill/routed-log.ts';
import type { RunTotals } from '../../../runtime/task/run-stats.ts';
import { showProgress } from '../../cli/progress.ts';
import { untilSignal } from '../../cli/signals.ts';
import { openFormat } from '../../compose/adapters.ts';
import type { Backfill } from './backfill-parts.ts';
import type { BackfillProgress } from './backfill-progress.ts';
import { hopsIn } from './folders.ts';
import { personalKeys, recordLimits, taskSettings } from './play-partitions.ts';

interface Hops {
  readonly parts: Backfill;
  readonly progress: BackfillProgress;
  readonly inputs: readonly BackfillInput[];
  readonly stores: StateStores;
}

export interface PlayedHops {
  /** What the parts have exchanged. The caller closes it. */
  readonly own: EventLog;
  /** The real log, with their answers. */
  readonly answered: EventLog;
  /** Of the report. */
  readonly line: string;
}

/** Plays the parts, unless an earlier run of this command has; null for a topology without. The caller notes that it is done. */
export async function playHops(hops: Hops): Promise<PlayedHops | null> {
  const { parts, progress } = hops;
  const { planned, folder } = parts;
  if (planned.others.length === 0) return null;
  if (!progress.isAnswered) await rm(hopsIn(folder), { recursive: true, force: true });
  await mkdir(hopsIn(folder), { recursive: true, mode: 0o700 });
  const { own, answered } = openAnswers(parts, folder);
  try {
    const line = progress.isAnswered ? 'answered before' : await answer(hops, own);
    return { own, answered, line };
  } catch (error) {
    await own.close();
    throw error;
  }
}

/**
 * What the parts exchange, or have exchanged.
 * @param folder of the command that plays them
 */
export function openAnswers(
  { planned, adapters }: Pick<Backfill, 'planned' | 'adapters'>,
  folder: string,
): Omit<PlayedHops, 'line'> {
  const { log, telemetry } = adapters;
  const own = new EmbeddedLog({ path: join(hopsIn(folder), 'log.db'), telemetry });
  const topics = ownTopics(planned);
  const answered = new RoutedLog({
    own,
    isOwn: (topic) => topics.has(topic),
    other: log,
    recordBytesMax: () => 0, // nothing is written
  });
  return { own, answered };
}

async function answer({ parts, inputs, stores }: Hops, own: EventLog): Promise<string> {
  const { planned, topology, adapters, config } = parts;
  const { log, codec, telemetry, quarantines, schemas } = adapters;
  const stop = new AbortController();
  const limits = await recordLimits(parts);
  const startedMs = performance.now();
  let totals: RunTotals | null = null;
  const shown = showProgress(() => `${totals?.events ?? 0} events sent to other keys`);
  void untilSignal().then(() => stop.abort());
  try {
    const { events } = await answerEvents(
      {
        parts: planned,
        log,
        own,
        codec,
        stores,
        telemetry,
        quarantine: quarantines.of(topology.name),
        personal: await personalKeys(topology, adapters),
        settings: taskSettings(config),
        nowMs: Date.now,
        format: (part) => openFormat(part, schemas),
        inputs,
        recordBytesMax: (topic) => limits.recordBytesMax(topic),
        stopped: stop.signal,
      },
      (counted) => {
        totals = counted;
      },
    );
    const seconds = (performance.now() - startedMs) / MS_PER_SECOND;
    return `${events} events answered in ${seconds.toFixed(1)} s`;
  } finally {
    shown.stop();
    await limits.close();
  }
}
