// Models for people (control path).
import type { ModelManifest, ModelMetrics } from '../../../core/reports.ts';

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const instant = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');

const REASON_WIDTH_MAX = 48;

function short(text: string): string {
  return text.length <= REASON_WIDTH_MAX ? text : `${text.slice(0, REASON_WIDTH_MAX - 1)}…`;
}

/** Columns as wide as their widest cell; the last is not padded. */
function table(rows: ReadonlyArray<readonly string[]>): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** One line a version, oldest first. Trained at is event time; log loss and AUC are those on its gate slice. */
export function modelTable(manifests: readonly ModelManifest[]): string {
  const head = ['version', 'status', 'trained at', 'log loss', 'AUC', 'reason'];
  const rows = manifests.map(({ version, status, trainedAtMs, metrics, reason }) => [
    version,
    status,
    day(trainedAtMs),
    metrics.candidate.logLoss.toFixed(4),
    metrics.candidate.auc.toFixed(4),
    short(reason),
  ]);
  return table([head, ...rows]);
}

function metricsText(of: ModelMetrics | null): string {
  return of === null
    ? 'none'
    : `log loss ${of.logLoss.toFixed(4)}, AUC ${of.auc.toFixed(4)} over ${of.n} rows`;
}

/** One version, whole: where it comes from, how it was judged, what it was made with. */
export function modelText(of: ModelManifest): string {
  const { rows, interval, params, environment } = of;
  const lines: ReadonlyArray<readonly [string, string]> = [
    ['topology', of.topology],
    ['version', of.version],
    ['status', of.status],
    ['parent', of.parent ?? 'none'],
    ['trained at', `${instant(of.trainedAtMs)} of event time, in ${of.seconds.toFixed(1)} s`],
    ['reason', of.reason],
    ['verdict', of.why],
    ['candidate', metricsText(of.metrics.candidate)],
    ['champion then', metricsText(of.metrics.champion)],
    ['data', `${instant(interval.fromMs)} to ${instant(interval.toMs)}`],
    ['rows', `${rows.train} train, ${rows.validation} validation, ${rows.gate} gate`],
    ['features', `${of.features.length}: ${of.features.map(({ name }) => name).join(', ')}`],
    ['parameters', JSON.stringify(params)],
    [
      'environment',
      Object.entries(environment)
        .map((pair) => pair.join(' '))
        .join(', '),
    ],
    ['sha256', of.sha256],
  ];
  return lines.map(([name, value]) => `${name.padEnd(13)} ${value}`).join('\n');
}
