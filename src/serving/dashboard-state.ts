// What the dashboard shows (control path): the contract between the runtime, which fills it, and the page, which
// draws it. All series are ascending in time and hold DASHBOARD_POINTS_MAX points at most.

import type { Figures } from '../core/reports.ts';
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
  /** In the order of `features`; null where there were too few rows. */
  readonly psi: ReadonlyArray<number | null>;
  /** Whether the detector raised an alarm, after correction for the number of features. */
  readonly drifted: readonly boolean[];
}

export interface DashboardModel {
  readonly version: string;
  readonly status: 'candidate' | 'champion' | 'retired' | 'rejected';
  /** Event time, ms. */
  readonly trainedAtMs: number;
  /** On the gate's slice, the newest labelled rows. */
  readonly figures: Figures;
  /** What asked for the training: drift, volume, performance, schedule or first. */
  readonly reason: string;
  readonly verdict: 'promoted' | 'rejected' | 'rolled_back' | 'pending';
  /** The gate's sentence. */
  readonly why: string;
}

export interface DashboardPartition {
  readonly partition: number;
  /** S: the offset after the last one processed. */
  readonly offset: number;
  /** Records in the log that are not processed yet. */
  readonly lag: number;
  /** Event time, ms; null before the first watermark. */
  readonly watermarkMs: number | null;
  readonly generation: number;
}

export interface DashboardState {
  readonly topology: string;
  /** The topology's stages in order, for the page's header. */
  readonly stages: readonly string[];
  readonly status: 'starting' | 'replaying' | 'live' | 'finished' | 'stopping';
  /** Event-time seconds that pass in one second; null where the source is live. */
  readonly speed: number | null;
  /** Wall clock, ms. */
  readonly startedMs: number;
  /** The lowest watermark of all partitions, ms; null before the first. */
  readonly eventTimeMs: number | null;
  /** Newest event time seen minus the watermark, ms. */
  readonly watermarkLagMs: number | null;
  /** Event time of the input's first and last event, where it is known: the run's progress. */
  readonly span: { readonly fromMs: number; readonly toMs: number } | null;
  readonly rates: { readonly eventsPerSecond: number; readonly predictionsPerSecond: number };
  readonly totals: {
    readonly events: number;
    readonly predictions: number;
    readonly fallbacks: number;
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
  /** Range of the scores; null for no bound. */
  readonly output: { readonly low: number | null; readonly high: number | null };
  /** The task's headline figures, in the order in which they are shown. */
  readonly figures: ReadonlyArray<Omit<FigureSpec, 'headline'>>;
  readonly quality: {
    readonly points: readonly QualityPoint[];
    /** Over all rows since the first model was promoted. */
    readonly loop: Figures | null;
    readonly frozen: Figures | null;
  };
  readonly drift: { readonly features: readonly string[]; readonly points: readonly DriftPoint[] };
  /** Oldest first, DASHBOARD_MODELS_MAX at most. */
  readonly models: readonly DashboardModel[];
  /** The training under way; null where there is none. */
  readonly training: {
    readonly reason: string;
    /** Event time, ms. */
    readonly requestedAtMs: number;
    readonly phase: 'queued' | 'reading' | 'training' | 'judging';
    readonly rows: number | null;
    /** 0 to 1; null where it is not known. */
    readonly progress: number | null;
  } | null;
  /** Wall-clock series, one point a second. */
  readonly series: ReadonlyArray<{
    readonly atMs: number;
    readonly eventsPerSecond: number;
    readonly p50Ms: number | null;
    readonly p99Ms: number | null;
  }>;
}
