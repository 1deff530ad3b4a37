// A topology that a command runs (control path): opens adapters, engine and port in order, reports, and closes them in
// reverse order.
import { writeFile } from 'node:fs/promises';
import type { PredictionBlock } from '../../core/blocks.ts';
import { metricsOf } from '../../core/declares.ts';
import { fileError } from '../../core/file-errors.ts';
import { formatDuration, hours, MS_PER_SECOND } from '../../core/time.ts';
import { atStart } from '../../resilience/retries.ts';
import { liveSink } from '../../runtime/commit/live-sink.ts';
import { untilMerged } from '../../runtime/merge/until-merged.ts';
import { defaultTaskSettings } from '../../runtime/task/task-parts.ts';
import { feedSink } from '../../serving/sockets/feed-sink.ts';
import type { Audit } from '../../ports/audit.ts';
import type { PredictionHub } from '../../serving/sockets/prediction-hub.ts';
import type { AccessControl } from '../../serving/access/access-control.ts';
import type { Serving } from '../../serving/server.ts';
import { headlineText } from '../../tasks/figures.ts';
import { declaringParts } from '../../topology/declared.ts';
import type { Topology } from '../../topology/define.ts';
import { mergeOf } from '../../topology/merge.ts';
import { openAccess } from './access.ts';
import { openTables } from './tables/open-tables.ts';
import { isEmbedded, openAdapters, type Adapters, type OpenOptions } from './adapters.ts';
import type { Config } from '../settings/config.ts';
import { checkDeclarations, checkSettings } from '../settings/declared.ts';
import { DashboardSource } from './dashboard-source.ts';
import type { EngineHost } from './engine-host.ts';
import { failureOf, startTargets, stopTargets, type TargetHosts } from './target-hosts.ts';
import { lockFolder } from './folder-lock.ts';
import { recordStart } from './record-start.ts';
import { openHub, openPort } from './serving-port.ts';
import { TargetDigests } from './prediction-digest.ts';
import { makeReport, reportOf } from './run-report.ts';
import { untilEach, type ProgressOf, type Range } from './caught-up.ts';
import { summarizeTargets } from './run-summary.ts';
import { untilSignal, type Ending } from '../cli/signals.ts';

/** Time that clients of the port have to read what was sent to them, ms. */
const PORT_CLOSE_MS_MAX = 2_000;

export interface RunOptions extends OpenOptions {
  /** Whether to open the port with the dashboard. */
  readonly serve: boolean;
  /** Called with each block of predictions, before it is committed, and the name of the topology that has its target. */
  readonly predictions?: (block: PredictionBlock, target: string) => void;
}

export class RunningTopology {
  /** Of the main target. */
  readonly host: EngineHost;
  /** Of all targets, the main one first. */
  readonly targets: TargetHosts;
  readonly adapters: Adapters;
  readonly dashboard: DashboardSource;
  readonly #hub: PredictionHub;
  readonly #digests: TargetDigests;
  readonly #stuckMs: number;
  readonly #startedMs = performance.now();
  readonly #cpuStart = process.cpuUsage();
  #serving: Serving | null = null;
  #measured: { readonly seconds: number; readonly cpuMicros: number } | null = null;
  #stopped: Promise<void> | null = null;
  #unlock: (() => Promise<void>) | null = null;

  private constructor(
    targets: TargetHosts,
    adapters: Adapters,
    hub: PredictionHub,
    digests: TargetDigests,
    stuckMs: number,
  ) {
    this.targets = targets;
    this.host = targets[0];
    this.adapters = adapters;
    this.dashboard = new DashboardSource(targets);
    this.#hub = hub;
    this.#digests = digests;
    this.#stuckMs = stuckMs;
  }

  /** If a part fails, those opened before it are closed. */
  static async start(config: Config, topology: Topology, options: RunOptions): Promise<RunningTopology> {
    checkDeclarations(topology);
    checkSettings(topology);
    const unlock = isEmbedded(config) ? await lockFolder(config.dataFolder) : null;
    const adapters = await openAdapters(config, options).catch(async (error: unknown) => {
      await unlock?.();
      throw error;
    });
    let access: AccessControl | null = null;
    let running: RunningTopology | null = null;
    try {
      adapters.telemetry.declare(metricsOf(declaringParts(topology)));
      const digests = new TargetDigests();
      // The first request to the registry.
      const hub = await atStart(() => openHub(topology, adapters));
      const report = liveSink('report', (block, target) => {
        digests.of(target).add(block);
        options.predictions?.(block, target);
      });
      if (options.serve) access = await atStart(() => openAccess(config, topology, adapters));
      const audit = await recordStart(topology, adapters);
      const targets = await startTargets(topology, adapters, [feedSink(hub), report], {
        dataFolder: config.dataFolder,
        artifactsKeptMs: config.artifactKeptHours === 0 ? null : hours(config.artifactKeptHours),
        tables: (target) => openTables(target, adapters, config),
        audit,
        control: options.eventsInMemory ? 'process' : 'fleet',
        settings: {
          ...defaultTaskSettings,
          barrierIntervalMs: config.barrierIntervalMs,
          hotKeysMax: config.hotKeysMax,
          checkpointIntervalMs: config.checkpointIntervalMs,
          stuckMs: config.stuckMs,
          offsetReset: config.offsetReset,
        },
      });
      running = new RunningTopology(targets, adapters, hub, digests, config.stuckMs);
      running.#unlock = unlock;
      if (access !== null) await running.#openPort(config, access, audit);
      return running;
    } catch (error) {
      await access?.close();
      if (running === null) {
        await adapters.close();
        await unlock?.();
      } else await running.close();
      throw error;
    }
  }

  async #openPort(config: Config, access: AccessControl, audit: Audit): Promise<void> {
    const { adapters, targets, dashboard } = this;
    this.#serving = await openPort({ config, adapters, targets, hub: this.#hub, dashboard, access, audit });
  }

  /** Where the dashboard is; null if the port is not open. */
  get url(): string | null {
    return this.#serving?.url ?? null;
  }

  /** Resolves when `work` ends or a signal arrives; rejects if the engine, `work` or anything else fails. */
  async until(work: Promise<unknown>): Promise<'ended' | 'signal'> {
    work.catch(() => undefined); // after a signal nothing awaits it any more
    const ended: Ending | 'ended' = await Promise.race([
      work.then(() => 'ended' as const),
      failureOf(this.targets),
      untilSignal(),
    ]);
    if (ended === 'ended') return 'ended';
    if ('error' in ended) throw ended.error;
    return 'signal';
  }

  /**
   * Resolves when this engine has processed and committed every record below the given ends, by partition.
   * @throws the reason if a task fails without end, or the partition of a record is not assigned to this process
   */
  async committed(ends: readonly Range[]): Promise<void> {
    await Promise.all(
      this.#progress(ends).map((progress) =>
        untilEach(
          progress,
          ({ low, high }, { offset, committed }) => high <= low || Math.min(offset, committed) >= high,
        ),
      ),
    );
  }

  /**
   * Resolves when each partition has read something or has nothing to read: before its first fetch a task does not know
   * its lag, and would count as idle.
   */
  async begun(ends: readonly Range[]): Promise<void> {
    await Promise.all(
      this.#progress(ends).map((progress) => {
        const first = new Map<number, number>();
        return untilEach(progress, ({ low, high }, { offset, partition }) => {
          const from = first.get(partition) ?? offset;
          if (offset >= 0) first.set(partition, from);
          return high <= low || offset >= high || offset > from;
        });
      }),
    );
  }

  /** Resolves when the events that were repartitioned so far are merged, or wait for another topology. */
  async merged(): Promise<void> {
    const { log, telemetry } = this.adapters;
    const merge = mergeOf(this.host.topology);
    if (merge === null) return;
    const isStopped = (): boolean => this.#stopped !== null;
    const isMerged = await untilMerged(merge, {
      log,
      isStopped,
      clock: () => performance.now(),
      stuckMs: this.#stuckMs,
    });
    if (!isMerged && !isStopped())
      telemetry.warn('repartitioned events are not all merged: they wait for a source', {
        topic: merge.topic,
      });
  }

  #progress(ends: readonly Range[]): ProgressOf[] {
    const stuckMs = this.#stuckMs;
    const isStopped = (): boolean => this.#stopped !== null;
    return this.targets.map(({ engine, topology }) => ({ engine, topology, ends, stuckMs, isStopped }));
  }

  /** The source has no more events: no boundary waits for them. */
  sourceEnded(): void {
    for (const { control } of this.targets) control.sourceEnded = true;
  }

  /** Ends the measurement of time and CPU for the report. */
  measure(): void {
    const cpu = process.cpuUsage(this.#cpuStart);
    const seconds = (performance.now() - this.#startedMs) / MS_PER_SECOND;
    this.#measured = { seconds, cpuMicros: cpu.user + cpu.system };
  }

  /**
   * Prints the summary.
   * @param scheduled events to be scored; null if their number is unknown
   * @param file for the figures as JSON; null for none
   */
  async report(scheduled: number | null, file: string | null): Promise<void> {
    if (this.#measured === null) this.measure();
    const { seconds, cpuMicros } = this.#measured ?? { seconds: 0, cpuMicros: 0 };
    const reports = this.targets.map(({ engine: { stats }, loop, topology: { name, task } }) => {
      const digest = this.#digests.of(name);
      return makeReport({ stats, loop, task, digest, scheduled, seconds, cpuMicros });
    });
    process.stdout.write(`${summarizeTargets(reports, this.targets)}\n`);
    const made = reportOf(reports, this.targets);
    if (file === null) return;
    try {
      await writeFile(file, `${JSON.stringify(made, null, 2)}\n`);
    } catch (error) {
      throw fileError(error, 'write the report', file, 'CONFIG_INVALID');
    }
  }

  /**
   * Commits every partition at a final barrier. The engine's counts are complete afterwards.
   * @param boundMs as for EngineHost.stop
   * @throws the reason if a partition could not commit
   */
  stop(boundMs?: number): Promise<void> {
    this.dashboard.status = 'stopping';
    this.#stopped ??= this.#stopHost(boundMs);
    return this.#stopped;
  }

  async #stopHost(boundMs: number | undefined): Promise<void> {
    const { targets } = this;
    await stopTargets(targets, boundMs);
    for (const { engine } of targets) if (engine.stopFailure !== null) throw engine.stopFailure;
  }

  /** Stops the engine, then closes the port, after clients have read what was sent, and the adapters. */
  async close(): Promise<void> {
    try {
      await this.stop().catch(() => undefined); // the caller of the first stop has its failure
      await this.#serving?.close(PORT_CLOSE_MS_MAX);
    } finally {
      this.dashboard.close();
      await this.adapters.close();
      await this.#unlock?.();
    }
  }
}

/** `1203 predictions, p99 1.2 ms  log loss 0.5310, AUC 0.6712  training v3 (volume: ...)`. */
export function progressOf({ engine, loop, topology: { task } }: EngineHost): string {
  const running = loop.journal.retrainings.find((entry) => entry.outcome === 'running');
  const training = running === undefined ? '' : `  training ${running.version} (${running.reason})`;
  const figures = loop.quality.loop();
  const quality = figures.n === 0 ? '' : `  ${headlineText(task, figures)}`;
  const p99 = formatDuration(engine.stats.latency.getValueAtPercentile(99) / 1_000);
  return `${engine.stats.predictions} predictions, p99 ${p99}${quality}${training}`;
}
