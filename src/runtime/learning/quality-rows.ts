// Figures of quality as rows of the metrics table (control path).
import type { Figures, MetricRow } from '../../core/reports.ts';
import { snakeCase } from '../../tasks/figures.ts';

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
