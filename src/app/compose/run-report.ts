// The figures of a run, as one JSON document (control path).
import type { Figures } from '../../core/reports.ts';
import type { LearningLoop } from '../../runtime/learning/learning-loop.ts';
import type { MonthFigures, QualityBetween } from '../../runtime/learning/quality.ts';
import { headline } from '../../tasks/figures.ts';
import type { Topology } from '../../topology/definition.ts';
import type { Task } from '../../tasks/task.ts';
import type { PredictionDigest } from './prediction-digest.ts';
import { percentilesMs, type LatencyMs, type RunStats } from '../../runtime/task/run-stats.ts';

export interface RunReport {
  readonly events: number;
  /** Events to be scored, as counted by their producer; null if it is another process. */
  readonly scheduled: number | null;
  readonly predictions: number;
  readonly fallbacks: number;
  /** Of a task without labels. */
  readonly alerts: number;
  readonly duplicates: number;
  readonly filtered: number;
  readonly labels: { readonly joined: number; readonly never: number; readonly pending: number | null };
  readonly deadLetters: number;
  readonly late: number;
  readonly drift: { readonly reports: number; readonly alarms: number };
  readonly retrainings: ReadonlyArray<{
    readonly reason: string;
    readonly fromMs: number | null;
    readonly toMs: number;
    readonly rows: { readonly train: number; readonly validation: number; readonly gate: number } | null;
    readonly verdict: string;
    readonly why: string;
    readonly version: string;
    readonly seconds: number;
  }>;
  readonly models: ReadonlyArray<{
    readonly version: string;
    readonly status: string;
    /** The task's headline figures by name, those of the binary task: `logLoss`, `auc`. */
    readonly [figure: string]: string | number | null;
  }>;
  readonly quality: {
    readonly loop: Figures;
    readonly frozen: Figures;
    readonly byMonth: readonly MonthFigures[];
    /** Rows by label and prediction; null for a task without classes. */
    readonly confusion: QualityBetween['confusion'];
  };
  readonly latencyMs: LatencyMs;
  readonly eventsPerSecond: number;
  /** CPU time of this process, including trainings, divided by the number of events. */
  readonly cpuMicrosPerEvent: number;
  readonly seconds: number;
  readonly predictionsSha256: string;
}

/** The report of a run: the main target's, with those of the other targets by name. */
export interface TopologyReport extends RunReport {
  readonly targets?: Readonly<Record<string, RunReport>>;
}

export function reportOf(
  reports: readonly RunReport[],
  targets: ReadonlyArray<{ readonly topology: Pick<Topology, 'target'> }>,
): TopologyReport {
  const [main, ...others] = reports.map(
    (report, i) => [targets[i]?.topology.target?.name ?? '', report] as const,
  ) as [readonly [string, RunReport], ...Array<readonly [string, RunReport]>]; // one for each target
  return others.length === 0 ? main[1] : { ...main[1], targets: Object.fromEntries(others) };
}

export interface ReportInput {
  readonly stats: RunStats;
  readonly loop: LearningLoop;
  readonly task: Task;
  readonly digest: PredictionDigest;
  readonly scheduled: number | null;
  readonly seconds: number;
  readonly cpuMicros: number;
}

export function makeReport(input: ReportInput): RunReport {
  const { stats, loop, task, digest, scheduled, seconds, cpuMicros } = input;
  const { journal, quality } = loop;
  return {
    events: stats.events,
    scheduled,
    predictions: stats.predictions,
    fallbacks: stats.fallbacks,
    alerts: stats.alerts,
    duplicates: stats.duplicates,
    filtered: stats.filtered,
    labels: {
      joined: stats.labelsJoined,
      never: stats.labelsNever,
      // In a resumed run, some labels belong to predictions of an earlier run.
      pending: stats.resumed ? null : stats.predictions - stats.labelsJoined - stats.labelsNever,
    },
    deadLetters: stats.deadLetters,
    late: stats.late,
    drift: { reports: journal.driftReports, alarms: journal.driftAlarms },
    retrainings: journal.retrainings.map(
      ({ reason, atMs, manifest, outcome, why, version, seconds: took }) => ({
        reason,
        fromMs: manifest?.interval.fromMs ?? null,
        toMs: atMs,
        rows: manifest?.rows ?? null,
        verdict: outcome,
        why,
        version,
        seconds: took,
      }),
    ),
    models: journal.retrainings
      .filter(({ manifest }) => manifest !== null)
      .map(({ version, outcome, manifest }) => {
        const live = quality.version(version);
        // A version that was never champion only has the figures of its gate.
        const figures = live.n > 0 ? live : manifest?.metrics.candidate;
        const shown = headline(task).map(({ name }) => [name, figures?.[name] ?? null] as const);
        return { ...Object.fromEntries(shown), version, status: outcome };
      }),
    quality: {
      loop: quality.loop(),
      frozen: quality.frozen(),
      byMonth: quality.byMonth(),
      confusion: quality.confusion(),
    },
    latencyMs: percentilesMs(stats.latency),
    eventsPerSecond: Math.round(stats.events / seconds),
    cpuMicrosPerEvent: Number((cpuMicros / Math.max(1, stats.events)).toFixed(2)),
    seconds: Number(seconds.toFixed(1)),
    predictionsSha256: digest.hex(),
  };
}
