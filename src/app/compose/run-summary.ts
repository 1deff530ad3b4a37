// The figures of a run as text (control path).
import type { Figures } from '../../core/reports.ts';
import { headlineText } from '../../tasks/figures.ts';
import type { Task } from '../../tasks/task.ts';
import type { RunReport } from './run-report.ts';

const percent = (part: number, total: number): string =>
  `${((100 * part) / Math.max(1, total)).toFixed(1)} %`;

/** One line per subject. */
export function summarize(report: RunReport, task: Task): string {
  const figuresText = (figures: Figures): string =>
    figures.n === 0 ? 'no labels yet' : `${headlineText(task, figures)} over ${figures.n} labels`;
  const { labels, latencyMs } = report;
  const promoted = report.retrainings.filter(({ verdict }) => verdict === 'promoted').length;
  const seconds = report.retrainings.reduce((sum, { seconds: took }) => sum + took, 0);
  const filtered = report.filtered === 0 ? '' : `, ${report.filtered} filtered`;
  const scheduled = report.scheduled === null ? '' : ` of ${report.scheduled} scheduled`;
  return [
    `events        ${report.events} in ${report.seconds} s: ${report.eventsPerSecond} per second, ${report.cpuMicrosPerEvent} µs CPU per event`,
    `predictions   ${report.predictions}${scheduled}, ${percent(report.fallbacks, report.predictions)} by fallback`,
    `labels        ${labels.joined} joined, ${labels.never} never, ${labels.pending ?? 'some'} pending`,
    `refused       ${report.deadLetters} dead letters, ${report.late} late, ${report.duplicates} duplicates${filtered}`,
    `drift         ${report.drift.reports} reports, ${report.drift.alarms} alarms`,
    `retraining    ${report.retrainings.length} trained in ${seconds.toFixed(1)} s, ${promoted} promoted`,
    `loop          ${figuresText(report.quality.loop)}`,
    `frozen        ${figuresText(report.quality.frozen)}`,
    `latency       p50 ${latencyMs.p50} ms, p99 ${latencyMs.p99} ms, p99.9 ${latencyMs.p999} ms, max ${latencyMs.max} ms`,
    `sha256        ${report.predictionsSha256}`,
  ].join('\n');
}
