// `millrace start`: the demo, embedded and whole (control path). Flights are replayed into the log in the process,
// scored, labelled, watched for drift; the model is trained, judged and swapped in; the dashboard shows it.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../src/app/settings/config.ts';
import { lockFolder } from '../src/app/compose/folder-lock.ts';
import { FlightSource } from './flight-source.ts';
import { loadTopology } from '../src/app/compose/load-topology.ts';
import { showProgress } from '../src/app/cli/progress.ts';
import { progressOf, RunningTopology } from '../src/app/compose/running.ts';

export interface StartOptions {
  readonly fromMs: number | undefined;
  readonly untilMs: number | undefined;
  readonly speedUp: number | 'max';
  /** Ends when the replay has been scored, instead of serving on. */
  readonly exit: boolean;
  readonly report: string | null;
  /** Another topology than the demo's, over the same events: for tests. */
  readonly topology?: string | URL;
}

/** A database that was just closed may still be tidying up. */
const RM_TRIES_MAX = 10;

const TOPOLOGY = new URL('../topologies/flights.ts', import.meta.url);

export async function start(base: Config, options: StartOptions): Promise<void> {
  // The demo always begins at the beginning, on the embedded side of every port.
  const dataFolder = join(base.dataFolder, 'demo');
  const unlock = await lockFolder(dataFolder);
  await rm(dataFolder, { recursive: true, force: true, maxRetries: RM_TRIES_MAX });
  await unlock();
  const embedded = { brokers: null, redisUrl: null, clickhouseUrl: null, registryUrl: null };
  const config: Config = { ...base, ...embedded, dataFolder };
  const topology = await loadTopology(options.topology ?? TOPOLOGY);
  const running = await RunningTopology.start(config, topology, {
    eventsInMemory: true,
    serve: !options.exit,
  });
  try {
    await replayInto(running, options);
  } finally {
    await running.close();
  }
}

async function replayInto(running: RunningTopology, options: StartOptions): Promise<void> {
  const { host, adapters, dashboard } = running;
  if (running.url !== null) process.stdout.write(`dashboard  ${running.url}\n`);
  const { log, codec } = adapters;
  const { topic } = host.topology.source;
  const { fromMs, untilMs, speedUp } = options;
  const source = new FlightSource({ log, codec, topic, fromMs, untilMs, speedUp });
  dashboard.status = 'replaying';
  const total = source.total;
  const progress = showProgress(() => progressLine(source, total, running));
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
  await running.stop();
  if (options.exit) await running.report(source.scheduled, options.report);

  async function replayed(): Promise<void> {
    await source.run();
    // Partitions that wait at a boundary need not wait for one that has no more events.
    host.control.sourceEnded = true;
    await running.processed(await log.offsets(topic));
  }
}

function progressLine(source: FlightSource, total: number, { host }: RunningTopology): string {
  const at = Number.isNaN(source.eventTimeMs) ? '' : new Date(source.eventTimeMs).toISOString().slice(0, 10);
  const share = ((100 * host.engine.stats.events) / Math.max(1, total)).toFixed(0);
  return `${share} %  ${at}  ${progressOf(host)}`;
}
