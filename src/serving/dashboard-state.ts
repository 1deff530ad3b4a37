// What the dashboard shows (control path): the contract between the engine, which fills it, and the page, which draws it.
// All series are ascending in time and have at most DASHBOARD_POINTS_MAX points.

import type { ColumnProfileRow, Figures } from '../core/reports.ts';
import type { Confusion } from '../stats/confusion.ts';
import type { FigureSpec } from '../tasks/task.ts';

export interface QualityPoint {
  /** Event time of the end of the period, ms. */
  readonly atMs: number;
  readonly loop: Figures | null;
  /** The first model, never retrained, on the same rows; null before there was one. */
  readonly frozen: Figures | null;
}

export interface DriftPoint {
  /** Event time of the end of the window, ms. */
  readonly atMs: number;
  /** In the order of `features`; null if there were too few rows. */
  readonly psi: ReadonlyArray<number | null>;
  /** Whether the detector raised an alarm, after correction for the number of features. */
  readonly drifted: readonly boolean[];
}

export interface DashboardModel {
  readonly version: string;
  readonly status: 'candidate' | 'champion' | 'retired' | 'rejected';
  /** Event time, ms. */
  readonly trainedAtMs: number;
  /** On the gate's rows, the newest labelled ones. */
  readonly figures: Figures;
  /** Trigger of the training: drift, volume, performance, schedule or first. */
  readonly reason: string;
  readonly verdict: 'promoted' | 'rejected' | 'rolled_back' | 'pending';
  /** The gate's explanation. */
  readonly why: string;
}

export interface DashboardPartition {
  readonly partition: number;
  /** The offset after the last processed one. */
  readonly offset: number;
  /** Records in the log that are not processed yet. */
  readonly lag: number;
  /** Event time, ms; null before the first watermark. */
  readonly watermarkMs: number | null;
  readonly generation: number;
}

export interface DashboardColumn {
  readonly name: string;
  /** Ascending; the last one may go on. At most PROFILE_PERIODS_SHOWN. */
  readonly periods: ReadonlyArray<
    Pick<ColumnProfileRow, 'fromMs' | 'toMs' | 'rows' | 'nulls' | 'min' | 'max' | 'distinct' | 'examples'>
  >;
}

export interface DashboardState {
  /** Of the target: what its models and predictions are known by. */
  readonly topology: string;
  /** The target that is shown, and all of them, where the topology has several. */
  readonly target?: string;
  readonly targets?: readonly string[];
  /** The topology's stages in order, for the page's header. */
  readonly stages: readonly string[];
  readonly status: 'starting' | 'replaying' | 'live' | 'finished' | 'stopping';
  /** Event-time seconds that pass in one second; null if the source is live. */
  readonly speed: number | null;
  /** Wall clock, ms. */
  readonly startedMs: number;
  /** The lowest watermark of all partitions, ms; null before the first. */
  readonly eventTimeMs: number | null;
  /** Newest event time seen minus the watermark, ms. */
  readonly watermarkLagMs: number | null;
  /** Event time of the first and the last event of the source, if they are known: the progress of a replay. */
  readonly span: { readonly fromMs: number; readonly toMs: number } | null;
  readonly rates: { readonly eventsPerSecond: number; readonly predictionsPerSecond: number };
  readonly totals: {
    readonly events: number;
    readonly predictions: number;
    readonly fallbacks: number;
    /** Of a task without labels. */
    readonly alerts: number;
    readonly labels: number;
    readonly late: number;
    readonly deadLetters: number;
  };
  /** From the receipt of an event to its prediction, ms; null before the first. */
  readonly latencyMs: {
    readonly p50: number;
    readonly p99: number;
    readonly p999: number;
    readonly max: number;
  } | null;
  readonly partitions: readonly DashboardPartition[];
  /** What the topology does: features alone, scores whose labels never come, or both. */
  readonly kind: 'features' | 'unlabelled' | 'labelled';
  /** Of a task without labels: the share of predictions that are to be alerts; null for other tasks. */
  readonly alertRate: number | null;
  /** Range of the scores; null for no bound. */
  readonly output: { readonly low: number | null; readonly high: number | null };
  /** The task's headline figures, in the order in which they are shown; those of a task without labels are the gate's alone. */
  readonly figures: ReadonlyArray<Omit<FigureSpec, 'headline'>>;
  /** The task's other figures, of which the table of quality has the newest. */
  readonly moreFigures: ReadonlyArray<Omit<FigureSpec, 'headline'>>;
  readonly quality: {
    readonly points: readonly QualityPoint[];
    /** Over all rows since the first model was promoted. */
    readonly loop: Figures | null;
    readonly frozen: Figures | null;
    /** Rows by label and prediction, on the same rows; null for a task without classes, and before there are some. */
    readonly confusion: { readonly loop: Confusion; readonly frozen: Confusion } | null;
  };
  readonly drift: { readonly features: readonly string[]; readonly points: readonly DriftPoint[] };
  /** Columns of events, of a topology with a profile stage: those of this process's partitions, by periods of event time. */
  readonly columns: readonly DashboardColumn[];
  /** Oldest first, at most DASHBOARD_MODELS_MAX. */
  readonly models: readonly DashboardModel[];
  /** The current training; null if there is none. */
  readonly training: {
    readonly reason: string;
    /** Event time, ms. */
    readonly requestedAtMs: number;
    readonly phase: 'queued' | 'reading' | 'training' | 'judging';
    readonly rows: number | null;
    /** 0 to 1; null if it is unknown. */
    readonly progress: number | null;
  } | null;
  /** Wall-clock series, one point per second. */
  readonly series: ReadonlyArray<{
    readonly atMs: number;
    readonly eventsPerSecond: number;
    readonly p50Ms: number | null;
    readonly p99Ms: number | null;
  }>;
}
