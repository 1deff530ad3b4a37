// The figures of a run as text (control path).
import type { Figures } from '../../core/reports.ts';
import { headlineText } from '../../tasks/figures.ts';
import type { Topology } from '../../topology/definition.ts';
import type { RunReport } from './run-report.ts';

const percent = (part: number, total: number): string =>
  `${((100 * part) / Math.max(1, total)).toFixed(1)} %`;

/** The summaries of all targets, each under its name where there are several. */
export function summarizeTargets(
  reports: readonly RunReport[],
  targets: ReadonlyArray<{ readonly topology: Topology }>,
): string {
  return targets
    .map(({ topology }, i) => {
      const summary = summarize(reports[i] as RunReport, topology); // one for each
      return topology.target === undefined ? summary : `target ${topology.target.name}\n${summary}`;
    })
    .join('\n\n');
}

/** One line per subject that the topology has. */
export function summarize(report: RunReport, topology: Pick<Topology, 'task' | 'score' | 'labels'>): string {
  const { task } = topology;
  const figuresText = (figures: Figures): string =>
    figures.n === 0 ? 'no labels yet' : `${headlineText(task, figures)} over ${figures.n} labels`;
  const { labels, latencyMs } = report;
  const scored = report.predictions - report.fallbacks;
  const filtered = report.filtered === 0 ? '' : `, ${report.filtered} filtered`;
  const scheduled = report.scheduled === null ? '' : ` of ${report.scheduled} scheduled`;
  const hasScores = topology.score !== null;
  const isLabelled = topology.labels !== null;
  const lines: ReadonlyArray<readonly [isShown: boolean, line: string]> = [
    [
      true,
      `events        ${report.events} in ${report.seconds} s: ${report.eventsPerSecond} per second, ${report.cpuMicrosPerEvent} µs CPU per event`,
    ],
    [
      hasScores,
      `predictions   ${report.predictions}${scheduled}, ${percent(report.fallbacks, report.predictions)} by fallback`,
    ],
    [
      task.alerts !== undefined,
      `alerts        ${report.alerts}, ${percent(report.alerts, scored)} of the scores of models`,
    ],
    [
      isLabelled,
      `labels        ${labels.joined} joined, ${labels.never} never, ${labels.pending ?? 'some'} pending`,
    ],
    [
      true,
      `refused       ${report.deadLetters} dead letters, ${report.late} late, ${report.duplicates} duplicates${filtered}`,
    ],
    [hasScores, `drift         ${report.drift.reports} reports, ${report.drift.alarms} alarms`],
    [hasScores, `retraining    ${retrainedText(report)}`],
    [isLabelled, `loop          ${figuresText(report.quality.loop)}`],
    [isLabelled, `frozen        ${figuresText(report.quality.frozen)}`],
    [
      hasScores,
      `latency       p50 ${latencyMs.p50} ms, p99 ${latencyMs.p99} ms, p99.9 ${latencyMs.p999} ms, max ${latencyMs.max} ms`,
    ],
    [hasScores, `sha256        ${report.predictionsSha256}`],
  ];
  return lines.flatMap(([isShown, line]) => (isShown ? [line] : [])).join('\n');
}

function retrainedText({ retrainings }: RunReport): string {
  const promoted = retrainings.filter(({ verdict }) => verdict === 'promoted').length;
  const seconds = retrainings.reduce((sum, { seconds: took }) => sum + took, 0);
  return `${retrainings.length} trained in ${seconds.toFixed(1)} s, ${promoted} promoted`;
}
