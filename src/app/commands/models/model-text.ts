// Models as text (control path).
import type { Figures, ModelManifest } from '../../../core/reports.ts';
import { instantText } from '../../../core/time.ts';
import { figureText, headline, headlineText } from '../../../tasks/figures.ts';
import type { Task } from '../../../tasks/task.ts';

const day = (ms: number): string => instantText(ms).slice(0, 10);
const instant = (ms: number): string => instantText(ms).slice(0, 16).replace('T', ' ');

const REASON_WIDTH_MAX = 48;

function short(text: string): string {
  return text.length <= REASON_WIDTH_MAX ? text : `${text.slice(0, REASON_WIDTH_MAX - 1)}…`;
}

/** Columns as wide as their widest cell; the last is not padded. */
export function table(rows: ReadonlyArray<readonly string[]>): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), 0),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** One line per version, oldest first. Trained at is event time; the figures are those on its gate slice. */
export function modelTable(manifests: readonly ModelManifest[], task: Task): string {
  const shown = headline(task);
  const head = ['version', 'status', 'trained at', ...shown.map(({ title }) => title), 'reason'];
  const rows = manifests.map(({ version, status, trainedAtMs, metrics, reason }) => [
    version,
    status,
    day(trainedAtMs),
    ...shown.map((spec) => figureText(spec, metrics.candidate[spec.name])),
    short(reason),
  ]);
  return table([head, ...rows]);
}

/** One version in full: where it comes from, how it was judged, what it was trained with. */
export function modelText(manifest: ModelManifest, task: Task): string {
  const { rows, interval, trainer, gate, environment, metrics } = manifest;
  const figures = (judged: Figures | null): string =>
    judged === null ? 'none' : `${headlineText(task, judged)} over ${judged.n} rows`;
  const lines: ReadonlyArray<readonly [string, string]> = [
    ['topology', manifest.topology],
    ['version', manifest.version],
    ['status', manifest.status],
    ['parent', manifest.parent ?? 'none'],
    ['task', manifest.task],
    ['trained at', `${instant(manifest.trainedAtMs)} of event time, in ${manifest.seconds.toFixed(1)} s`],
    ['reason', manifest.reason],
    ['verdict', manifest.why],
    ['candidate', figures(metrics.candidate)],
    ['champion then', figures(metrics.champion)],
    ['data', `${instant(interval.fromMs)} to ${instant(interval.toMs)}`],
    ['rows', `${rows.train} train, ${rows.validation} validation, ${rows.gate} gate`],
    ['features', `${manifest.features.length}: ${manifest.features.map(({ name }) => name).join(', ')}`],
    ['trainer', `${trainer.name} ${JSON.stringify(trainer.params)}`],
    ['gate', JSON.stringify(gate)],
    [
      'environment',
      Object.entries(environment)
        .map((pair) => pair.join(' '))
        .join(', '),
    ],
    ['sha256', manifest.sha256],
  ];
  return lines.map(([name, value]) => `${name.padEnd(13)} ${value}`).join('\n');
}
