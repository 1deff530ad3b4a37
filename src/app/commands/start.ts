// `millrace start`: the demo, embedded and whole (control path). Flights are replayed into the log in the process,
// scored, labelled, watched for drift; the model is trained, judged and swapped in; the dashboard shows it.
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatDuration } from '../../core/time.ts';
import type { Serving } from '../../serving/server.ts';
import { openAdapters } from '../adapters.ts';
import type { Config } from '../config.ts';
import { DashboardSource } from '../dashboard-source.ts';
import { loadTopology, startEngine, type EngineHost } from '../engine-host.ts';
import { FlightSource } from '../flight-source.ts';
import { feedOf, openHub, openPort } from '../port.ts';
import { showProgress } from '../progress.ts';
import { makeReport, PredictionDigest, summarize } from '../report.ts';
import { untilSignal } from '../signals.ts';

export interface StartOptions {
  readonly fromMs: number | undefined;
  readonly untilMs: number | undefined;
  readonly speedUp: number | 'max';
  /** Ends when the replay has been scored, instead of serving on. */
  readonly exit: boolean;
  readonly report: string | null;
}

const TOPOLOGY = new URL('../../../topologies/flights.ts', import.meta.url);
const POLL_MS = 20;

/** Resolves when every record of the source has been processed. */
async function processed({ engine }: EngineHost, wanted: readonly number[]): Promise<void> {
  for (;;) {
    const offsets = new Map(engine.positions().map((position) => [position.partition, position.offset]));
    if (wanted.every((high, partition) => high === 0 || (offsets.get(partition) ?? 0) >= high)) return;
    await Promise.race([new Promise((resolve) => setTimeout(resolve, POLL_MS)), engine.failure]);
  }
}

export async function start(base: Config, options: StartOptions): Promise<void> {
  const startedMs = performance.now();
  const cpuStart = process.cpuUsage();
  // The demo always begins at the beginning, on the embedded side of every port.
  const dataFolder = join(base.dataFolder, 'demo');
  await rm(dataFolder, { recursive: true, force: true });
  const embedded = { brokers: null, redisUrl: null, clickhouseUrl: null, registryUrl: null };
  const config: Config = { ...base, ...embedded, dataFolder };
  const topology = await loadTopology(TOPOLOGY);
  const adapters = await openAdapters(config);
  const digest = new PredictionDigest();
  const hub = await openHub(topology, adapters);
  const host = await startEngine(
    topology,
    adapters,
    feedOf([hub, { predictions: (_topology, block) => digest.add(block), labels: () => undefined }]),
  );
  const dashboard = new DashboardSource(host);
  const serving = options.exit ? null : await openPort({ config, adapters, host, hub, dashboard });
  if (serving !== null) process.stdout.write(`dashboard  ${serving.url}\n`);

  const { topic } = topology.source;
  const { log, codec } = adapters;
  const { fromMs, untilMs, speedUp } = options;
  const source = new FlightSource({ log, codec, topic, fromMs, untilMs, speedUp });
  dashboard.status = 'replaying';
  const total = source.total;
  const progress = showProgress(() => progressLine(source, total, host));
  const signal = untilSignal();
  const ended = await Promise.race([replayed(), host.engine.failure, signal]);
  progress.stop();
  const seconds = (performance.now() - startedMs) / 1_000;
  const cpu = process.cpuUsage(cpuStart);
  dashboard.status = 'finished';
  const report = async (): Promise<void> => {
    const { engine, loop } = host;
    const cpuMicros = cpu.user + cpu.system;
    const made = makeReport({
      stats: engine.stats,
      loop,
      digest,
      scheduled: source.scheduled,
      seconds,
      cpuMicros,
    });
    process.stdout.write(`${summarize(made)}\n`);
    if (options.report !== null) await writeFile(options.report, `${JSON.stringify(made, null, 2)}\n`);
  };
  if (!options.exit && ended !== 'signal') {
    await report();
    process.stdout.write('The replay has ended; the dashboard stays open. Ctrl-C ends.\n');
    await Promise.race([signal, host.engine.failure]);
  }
  dashboard.status = 'stopping';
  source.stop();
  await host.stop();
  if (options.exit) await report();
  await close(serving);
  dashboard.close();
  await adapters.close();

  async function replayed(): Promise<'replayed'> {
    await source.run();
    // Partitions that wait at a boundary need not wait for one that has no more events.
    host.control.sourceEnded = true;
    await processed(
      host,
      (await log.offsets(topic)).map(({ high }) => high),
    );
    return 'replayed';
  }
}

async function close(serving: Serving | null): Promise<void> {
  await serving?.close(2_000);
}

function progressLine(source: FlightSource, total: number, { engine, loop }: EngineHost): string {
  const at = Number.isNaN(source.eventTimeMs) ? '' : new Date(source.eventTimeMs).toISOString().slice(0, 10);
  const share = ((100 * engine.stats.events) / Math.max(1, total)).toFixed(0);
  const running = loop.journal.retrainings.find((entry) => entry.outcome === 'running');
  const training = running === undefined ? '' : `  training ${running.version} (${running.reason})`;
  const { logLoss, auc } = loop.quality.loop();
  const quality =
    logLoss === null || auc === null ? '' : `  log loss ${logLoss.toFixed(4)} AUC ${auc.toFixed(4)}`;
  const p99 = formatDuration(engine.stats.latency.getValueAtPercentile(99) / 1_000);
  return `${share} %  ${at}  ${engine.stats.predictions} predictions, p99 ${p99}${quality}${training}`;
}
