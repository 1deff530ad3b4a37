// Fills the dashboard from a running engine (control path): the series once per second, everything else on demand.
import type { DashboardModel, DashboardState } from '../../serving/dashboard-state.ts';
import { JOURNAL_POINTS_MAX } from '../../core/loop-limits.ts';
import { DASHBOARD_POINTS_MAX } from '../../core/port-limits.ts';
import type { Figures } from '../../core/reports.ts';
import { MS_PER_SECOND } from '../../core/time.ts';
import type { RetrainingEntry } from '../../runtime/learning/loop-journal.ts';
import { percentilesMs } from '../../runtime/task/run-stats.ts';
import { headline } from '../../tasks/figures.ts';
import type { Topology } from '../../topology/definition.ts';
import type { EngineHost } from './engine-host.ts';
import type { TargetHosts } from './target-hosts.ts';

function shown(figures: Figures): Figures | null {
  return figures.n === 0 ? null : figures;
}

/** JSON has no infinity. */
function bound(score: number): number | null {
  return Number.isFinite(score) ? score : null;
}

function kindOf({ score, labels }: Pick<Topology, 'score' | 'labels'>): DashboardState['kind'] {
  if (score === null) return 'features';
  return labels === null ? 'unlabelled' : 'labelled';
}

const VERDICTS = {
  promoted: 'promoted',
  rejected: 'rejected',
  failed: 'rejected',
  running: 'pending',
} as const;

export class DashboardSource {
  readonly #host: EngineHost;
  /** Of the other targets. */
  readonly #others: readonly DashboardSource[];
  readonly #targets: readonly string[];
  readonly #startedMs = Date.now();
  readonly #series: Array<DashboardState['series'][number]> = [];
  readonly #timer: NodeJS.Timeout;
  #before = { events: 0, predictions: 0, atMs: performance.now(), eventTimeMs: Number.NaN };
  #rates = { eventsPerSecond: 0, predictionsPerSecond: 0 };
  #speed: number | null = null;
  status: DashboardState['status'] = 'starting';
  /** Event time of the first and the last event of the source, if they are known. */
  span: DashboardState['span'] = null;

  constructor(hosts: TargetHosts) {
    const [host, ...others] = hosts;
    this.#host = host;
    this.#others = others.map((other) => new DashboardSource([other]));
    this.#targets = hosts.flatMap(({ topology: { target } }) => target?.name ?? []);
    this.#timer = setInterval(() => this.#tick(), MS_PER_SECOND).unref();
  }

  #tick(): void {
    const { stats } = this.#host.engine;
    const atMs = performance.now();
    const seconds = (atMs - this.#before.atMs) / MS_PER_SECOND;
    this.#rates = {
      eventsPerSecond: Math.round((stats.events - this.#before.events) / seconds),
      predictionsPerSecond: Math.round((stats.predictions - this.#before.predictions) / seconds),
    };
    const eventTimeMs = this.#eventTimeMs() ?? Number.NaN;
    const passed = (eventTimeMs - this.#before.eventTimeMs) / MS_PER_SECOND;
    this.#speed =
      Number.isFinite(passed) && this.status === 'replaying' ? Math.round(passed / seconds) : null;
    const { p50, p99 } = percentilesMs(stats.latency);
    this.#series.push({
      atMs: Date.now(),
      eventsPerSecond: this.#rates.eventsPerSecond,
      p50Ms: p50,
      p99Ms: p99,
    });
    if (this.#series.length > DASHBOARD_POINTS_MAX) this.#series.shift();
    this.#before = { events: stats.events, predictions: stats.predictions, atMs, eventTimeMs };
  }

  #eventTimeMs(): number | null {
    const watermarks = this.#host.engine.positions().map((position) => position.watermarkMs);
    const known = watermarks.filter((watermark) => watermark !== null);
    return known.length === 0 ? null : Math.min(...known);
  }

  /** @param name of the topology that has the target; by default the main one */
  state(name: string = this.#host.topology.name): DashboardState {
    const other = this.#others.find((one) => one.#host.topology.name === name);
    if (other !== undefined) {
      other.status = this.status;
      other.span = this.span;
    }
    const state = (other ?? this).#state();
    return this.#others.length === 0 ? state : { ...state, targets: this.#targets };
  }

  #state(): DashboardState {
    const { engine, loop, topology } = this.#host;
    const { stats } = engine;
    const { journal, quality } = loop;
    const positions = engine.positions();
    const newest = Math.max(...positions.map((position) => position.watermarkMs ?? Number.NEGATIVE_INFINITY));
    const eventTimeMs = this.#eventTimeMs();
    const running = journal.retrainings.find((entry) => entry.outcome === 'running');
    return {
      topology: topology.name,
      ...(topology.target === undefined ? {} : { target: topology.target.name }),
      stages: topology.stages.map((stage) => stage.id),
      status: this.status,
      speed: this.#speed,
      startedMs: this.#startedMs,
      eventTimeMs,
      watermarkLagMs: eventTimeMs === null ? null : newest - eventTimeMs,
      span: this.span,
      rates: this.#rates,
      totals: {
        events: stats.events,
        predictions: stats.predictions,
        fallbacks: stats.fallbacks,
        alerts: stats.alerts,
        labels: stats.labelsJoined,
        late: stats.late,
        deadLetters: stats.deadLetters,
      },
      latencyMs: stats.latency.totalCount === 0 ? null : percentilesMs(stats.latency),
      partitions: positions,
      kind: kindOf(topology),
      alertRate: topology.task.alerts?.rate ?? null,
      output: { low: bound(topology.task.output.low), high: bound(topology.task.output.high) },
      figures: headline(topology.task),
      moreFigures: topology.task.figures.filter((spec) => !spec.headline),
      quality: {
        points: journal.quality.map((entry) => ({
          atMs: entry.atMs,
          loop: shown(entry.loop),
          frozen: shown(entry.frozen),
        })),
        loop: shown(quality.loop()),
        frozen: shown(quality.frozen()),
        confusion: quality.frozen().n === 0 ? null : quality.confusion(),
      },
      drift: { features: journal.driftFeatures, points: journal.drift.slice(-JOURNAL_POINTS_MAX) },
      columns: engine.profiles.columns(),
      models: this.#models(journal.retrainings),
      training:
        running === undefined
          ? null
          : {
              reason: running.reason,
              requestedAtMs: running.atMs,
              phase: 'training',
              rows: null,
              progress: null,
            },
      series: this.#series,
    };
  }

  #models(entries: readonly RetrainingEntry[]): DashboardModel[] {
    const champion = this.#host.models.champion?.version;
    return entries
      .filter((entry) => entry.manifest !== null)
      .map((entry) => {
        const live = entry.version === champion ? 'champion' : 'retired';
        return {
          version: entry.version,
          status: entry.outcome === 'promoted' ? live : 'rejected',
          trainedAtMs: entry.atMs,
          figures: entry.manifest?.metrics.candidate ?? { n: 0 },
          reason: entry.reason,
          verdict: VERDICTS[entry.outcome],
          why: entry.why,
        };
      });
  }

  close(): void {
    for (const other of this.#others) other.close();
    clearInterval(this.#timer);
  }
}
