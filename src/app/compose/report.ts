// What a run did, as one JSON document (control path).
import { createHash, type Hash } from 'node:crypto';
import type { PredictionBlock } from '../../core/blocks.ts';
import { predictionId } from '../../core/blocks.ts';
import type { Figures } from '../../core/reports.ts';
import type { LearningLoop } from '../../runtime/learning/learning-loop.ts';
import type { MonthFigures } from '../../runtime/learning/quality.ts';
import { headline, headlineText } from '../../tasks/figures.ts';
import type { Task } from '../../tasks/task.ts';
import { percentilesMs, type LatencyMs, type RunStats } from '../../runtime/task/run-stats.ts';

export interface RunReport {
  readonly events: number;
  /** Events to be scored, as their producer counted them; null where it is another process. */
  readonly scheduled: number | null;
  readonly predictions: number;
  readonly fallbacks: number;
  readonly duplicates: number;
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
  };
  readonly latencyMs: LatencyMs;
  readonly eventsPerSecond: number;
  /** CPU time of this process, trainings included, divided by events. */
  readonly cpuMicrosPerEvent: number;
  readonly seconds: number;
  readonly predictionsSha256: string;
}

/**
 * SHA-256 over id and score of every prediction in id order: topic, partition, then offset. Partitions deliver in
 * offset order, so one running hash a partition is enough, and they are joined at the end.
 */
export class PredictionDigest {
  readonly #hashes = new Map<string, Hash>();

  add(block: PredictionBlock): void {
    const name = `${block.origin.topic}-${String(block.origin.partition).padStart(6, '0')}`;
    const hash = this.#hashes.get(name) ?? createHash('sha256');
    this.#hashes.set(name, hash);
    let text = '';
    for (let i = 0; i < block.count; i++) {
      text += `${predictionId(block.origin, block.offsets[i] as number)} ${block.scores[i]}\n`;
    }
    hash.update(text);
  }

  hex(): string {
    const whole = createHash('sha256');
    for (const [name, hash] of [...this.#hashes].sort(([a], [b]) => (a < b ? -1 : 1))) {
      whole.update(`${name} ${hash.copy().digest('hex')}\n`);
    }
    return whole.digest('hex');
  }
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
    duplicates: stats.duplicates,
    labels: {
      joined: stats.labelsJoined,
      never: stats.labelsNever,
      // In a run that was resumed, some labels are of predictions before it.
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
        // A version that never served has its gate's figures alone.
        const figures = live.n > 0 ? live : manifest?.metrics.candidate;
        const shown = headline(task).map(({ name }) => [name, figures?.[name] ?? null] as const);
        return { ...Object.fromEntries(shown), version, status: outcome };
      }),
    quality: { loop: quality.loop(), frozen: quality.frozen(), byMonth: quality.byMonth() },
    latencyMs: percentilesMs(stats.latency),
    eventsPerSecond: Math.round(stats.events / seconds),
    cpuMicrosPerEvent: Number((cpuMicros / Math.max(1, stats.events)).toFixed(2)),
    seconds: Number(seconds.toFixed(1)),
    predictionsSha256: digest.hex(),
  };
}

const percent = (part: number, of: number): string => `${((100 * part) / Math.max(1, of)).toFixed(1)} %`;

/** The report for people. */
export function summarize(report: RunReport, task: Task): string {
  const figures = (of: Figures): string =>
    of.n === 0 ? 'no labels yet' : `${headlineText(task, of)} over ${of.n} labels`;
  const { labels, latencyMs } = report;
  const promoted = report.retrainings.filter(({ verdict }) => verdict === 'promoted').length;
  const seconds = report.retrainings.reduce((sum, { seconds: took }) => sum + took, 0);
  const scheduled = report.scheduled === null ? '' : ` of ${report.scheduled} scheduled`;
  return [
    `events        ${report.events} in ${report.seconds} s: ${report.eventsPerSecond} a second, ${report.cpuMicrosPerEvent} µs CPU an event`,
    `predictions   ${report.predictions}${scheduled}, ${percent(report.fallbacks, report.predictions)} by fallback`,
    `labels        ${labels.joined} joined, ${labels.never} never, ${labels.pending ?? 'some'} pending`,
    `refused       ${report.deadLetters} dead letters, ${report.late} late, ${report.duplicates} duplicates`,
    `drift         ${report.drift.reports} reports, ${report.drift.alarms} alarms`,
    `retraining    ${report.retrainings.length} trained in ${seconds.toFixed(1)} s, ${promoted} promoted`,
    `loop          ${figures(report.quality.loop)}`,
    `frozen        ${figures(report.quality.frozen)}`,
    `latency       p50 ${latencyMs.p50} ms, p99 ${latencyMs.p99} ms, p99.9 ${latencyMs.p999} ms, max ${latencyMs.max} ms`,
    `sha256        ${report.predictionsSha256}`,
  ].join('\n');
}
