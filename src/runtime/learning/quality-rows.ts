// Figures of quality as rows of the metrics table (control path).
import type { Figures, MetricRow } from '../../core/reports.ts';
import { CONFUSION_CLASSES_MAX, type Confusion } from '../../stats/confusion.ts';
import { snakeCase } from '../../tasks/figures.ts';
import type { RevisedLabels } from './quality.ts';

/** The task's figures by the names that metrics have; undefined ones are left out. */
export function namedFigures({
  n: _rows,
  ...figures
}: Figures): Array<readonly [name: string, value: number]> {
  return Object.entries(figures).flatMap(([name, value]) =>
    value === null ? [] : [[snakeCase(name), value] as const],
  );
}

/** Rows of the metrics table, with the number of labels behind the figures. */
export function qualityRows(topology: string, atMs: number, model: string, figures: Figures): MetricRow[] {
  const named = [...namedFigures(figures), ['labels', figures.n] as const];
  return named.map(([name, value]) => ({ topology, atMs, name, labels: { model }, value }));
}

/** How many labels the figures count as they were corrected, and how many no longer; none if no label ever was. */
export function revisedRows(
  topology: string,
  atMs: number,
  { corrected, withdrawn }: RevisedLabels,
): MetricRow[] {
  if (corrected + withdrawn === 0) return [];
  const row = (name: string, value: number): MetricRow => ({ topology, atMs, name, labels: {}, value });
  return [row('labels_corrected', corrected), row('labels_withdrawn', withdrawn)];
}

/** Rows of one class that were predicted as another. */
interface ConfusionCell {
  readonly actual: string;
  readonly predicted: string;
  readonly value: number;
}

function cellsOf({ classes, counts }: Confusion): ConfusionCell[] {
  return counts.flatMap((cells, i) =>
    cells.map((value, j) => ({ actual: classes[i] as string, predicted: classes[j] as string, value })),
  );
}

/** The cells of a confusion matrix that hold a row. */
export function confusionRows(
  topology: string,
  atMs: number,
  model: string,
  confusion: Confusion,
): MetricRow[] {
  return cellsOf(confusion)
    .filter(({ value }) => value > 0)
    .map(({ actual, predicted, value }) => ({
      topology,
      atMs,
      name: 'confusion',
      labels: { actual, model, predicted },
      value,
    }));
}

/** Of a matrix whose classes are always the same ones, as all have a row: those of a gauge are never stale. */
export function confusionCells(confusion: Confusion): ConfusionCell[] {
  return confusion.classes.length > CONFUSION_CLASSES_MAX ? [] : cellsOf(confusion);
}
