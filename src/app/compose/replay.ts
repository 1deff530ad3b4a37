// A topology over events that this process appends to its own log (control path): everything embedded and in a fresh
// data folder, so that each replay starts at the beginning.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { showProgress } from '../cli/progress.ts';
import type { PredictionBlock } from '../../core/blocks.ts';
import { fileError } from '../../core/file-errors.ts';
import { FINISH_MS_MAX, SHUTDOWN_MS_MAX } from '../../core/process-limits.ts';
import { instantText } from '../../core/time.ts';
import type { Topology } from '../../topology/define.ts';
import type { Config } from '../settings/config.ts';
import type { Adapters } from './adapters.ts';
import { lockFolder } from './folder-lock.ts';
import { progressOf, RunningTopology } from './running-topology.ts';

/** The producer of a replay. */
export interface ReplaySource {
  /** Events appended so far. */
  readonly events: number;
  /** Events of the whole replay; null if the source does not know them. */
  readonly total: number | null;
  /** Events to be scored that have been appended so far; null if their number is unknown. */
  readonly scheduled: number | null;
  /** Event time of the last event appended, ms; NaN before the first. */
  readonly eventTimeMs: number;
  /** Resolves when all events are in the log, or after `stop`. */
  run(): Promise<void>;
  stop(): void;
}

export interface ReplayOptions {
  /** Name of the folder in the data folder. What an earlier replay left in it is deleted. */
  readonly folder: string;
  /** Ends when the replay has been processed, instead of serving the dashboard until a signal. */
  readonly exit: boolean;
  /** File for the figures of the run; null for none. */
  readonly report: string | null;
  /** Called with each block of predictions. */
  readonly predictions?: (block: PredictionBlock, target: string) => void;
}

/** Retries of the deletion: a database that was just closed may still be tidying up. */
const RM_TRIES_MAX = 10;

export async function replay(
  base: Config,
  topology: Topology,
  open: (adapters: Pick<Adapters, 'log' | 'codec' | 'schemas'>) => ReplaySource,
  options: ReplayOptions,
): Promise<void> {
  const dataFolder = join(base.dataFolder, options.folder);
  const unlock = await lockFolder(dataFolder);
  try {
    await rm(dataFolder, { recursive: true, force: true, maxRetries: RM_TRIES_MAX });
  } catch (error) {
    throw fileError(error, 'empty the data folder', dataFolder, 'CONFIG_INVALID');
  }
  await unlock();
  const embedded = { brokers: null, redisUrl: null, clickhouseUrl: null, registryUrl: null };
  const running = await RunningTopology.start({ ...base, ...embedded, dataFolder }, topology, {
    eventsInMemory: true,
    serve: !options.exit,
    ...(options.predictions === undefined ? {} : { predictions: options.predictions }),
  });
  try {
    await replayInto(running, open(running.adapters), options);
  } finally {
    await running.close();
  }
}

async function replayInto(
  running: RunningTopology,
  source: ReplaySource,
  options: ReplayOptions,
): Promise<void> {
  const { host, adapters, dashboard } = running;
  if (running.url !== null) process.stdout.write(`dashboard  ${running.url}\n`);
  dashboard.status = 'replaying';
  const progress = showProgress(() => progressLine(source, running));
  const ended = await running.until(replayed());
  progress.stop();
  running.measure();
  dashboard.status = 'finished';
  if (!options.exit && ended !== 'signal') {
    await running.report(source.scheduled, options.report);
    process.stdout.write('The replay has ended; the dashboard stays open. Ctrl-C ends.\n');
    await running.until(new Promise(() => undefined));
  }
  source.stop();
  await running.stop(ended === 'signal' || !options.exit ? SHUTDOWN_MS_MAX : FINISH_MS_MAX);
  if (options.exit) await running.report(source.scheduled, options.report);

  async function replayed(): Promise<void> {
    await source.run();
    // Partitions that wait at a boundary need not wait for one that has no more events.
    running.sourceEnded();
    await running.committed(await adapters.log.offsets(host.topology.source.topic));
  }
}

function progressLine({ eventTimeMs, total }: ReplaySource, { host }: RunningTopology): string {
  const { events } = host.engine.stats;
  const at = Number.isNaN(eventTimeMs) ? '' : instantText(eventTimeMs).slice(0, 10);
  const done = total === null ? `${events} events` : `${((100 * events) / Math.max(1, total)).toFixed(0)} %`;
  return `${done}  ${at}  ${progressOf(host)}`;
}
