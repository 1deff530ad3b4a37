// Figures of quality as values and as text (control path).
import type { Figures } from '../core/reports.ts';
import { evidenceWidth, judgedRows } from './outputs.ts';
import type { FigureAccumulator, FigureSpec, Task } from './task.ts';

/** Figures as reports carry them: `n`, then each by name; null where undefined. */
function asFigures(n: number, values: Readonly<Record<string, number>>): Figures {
  const defined = Object.entries(values).map(([name, value]) => [
    name,
    Number.isFinite(value) ? value : null,
  ]);
  return { n, ...(Object.fromEntries(defined) as Record<string, number | null>) };
}

export function accumulatedFigures(accumulator: FigureAccumulator): Figures {
  return asFigures(accumulator.count, accumulator.figures());
}

/** Figures of a whole slice. @param outputs of all rows */
export function sliceFigures(task: Task, outputs: Float32Array, labels: Float32Array): Figures {
  const { scores, evidence } = judgedRows(task.output, outputs, labels);
  if (task.evaluate !== undefined) return asFigures(labels.length, task.evaluate(scores, labels));
  const width = evidenceWidth(task.output);
  const accumulator = task.accumulator('fine');
  for (let i = 0; i < labels.length; i += 1)
    accumulator.add(scores[i] as number, labels[i] as number, evidence, i * width);
  return accumulatedFigures(accumulator);
}

/** Loss of each row. */
export function rowLosses(task: Task, outputs: Float32Array, labels: Float32Array): Float64Array {
  const { scores, evidence } = judgedRows(task.output, outputs, labels);
  const width = evidenceWidth(task.output);
  const losses = new Float64Array(labels.length);
  for (let i = 0; i < labels.length; i += 1)
    losses[i] = task.loss.of(scores[i] as number, labels[i] as number, evidence, i * width);
  return losses;
}

export function headline({ figures }: Pick<Task, 'figures'>): FigureSpec[] {
  return figures.filter((spec) => spec.headline);
}

/** `0.4887`, `12.31 min`; `-` where undefined. */
export function figureText(
  spec: Pick<FigureSpec, 'digits' | 'significant' | 'unit'>,
  value: number | null | undefined,
): string {
  if (value === null || value === undefined) return '-';
  const text =
    spec.significant === true ? significantText(value, spec.digits) : fixedText(value, spec.digits);
  return spec.unit === undefined ? text : `${text} ${spec.unit}`;
}

function fixedText(value: number, digits: number): string {
  // Adding 0 turns -0 into 0, which toFixed would write as -0.0000.
  const scale = 10 ** digits;
  return (Math.round(value * scale) / scale + 0).toFixed(digits);
}

/** `644.1`, `0.001235`: whatever the unit. */
function significantText(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)) + 0);
}

/** `log loss 0.4887, AUC 0.7347`: the headline figures. */
export function headlineText(task: Task, figures: Figures): string {
  return headline(task)
    .map((spec) => `${spec.title} ${figureText(spec, figures[spec.name])}`)
    .join(', ');
}

/** `logLoss` as metrics and tables write it: `log_loss`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
