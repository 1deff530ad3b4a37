// Several outputs a row (hot path): which of them is the score, and what the loss and the figures need of them once the label is
// known. A class takes three numbers then, however many classes there are.
import { isScore, rangeText } from './check.ts';
import type { TaskOutput } from './task.ts';

/** Probabilities are Float32, and a thousand of them are added. */
const SUM_TOLERANCE = 1e-3;

/** Numbers of a row that a model returns. */
export function outputCount({ classes, quantiles }: Pick<TaskOutput, 'classes' | 'quantiles'>): number {
  return classes?.length ?? 1 + (quantiles?.length ?? 0);
}

/** Names of the outputs of a row: the classes, or `value`, `q0.1`, `q0.9`; undefined for one. */
export function outputNames({ classes, quantiles }: TaskOutput): readonly string[] | undefined {
  return (
    classes ?? (quantiles === undefined ? undefined : ['value', ...quantiles.map((level) => `q${level}`)])
  );
}

/** What a row of outputs must be, for people. */
export function validRowText(output: TaskOutput): string {
  return output.classes === undefined ? rangeText(output) : 'probabilities that add up to 1';
}

/**
 * Numbers besides the score that a joined label carries: the label's probability, the top class and the sum of the squared
 * probabilities; or all quantiles; none for one output.
 */
export function evidenceWidth({ classes, quantiles }: TaskOutput): number {
  return classes === undefined ? (quantiles?.length ?? 0) : 3;
}

/**
 * Puts quantiles that cross into ascending order, as a level's quantile is the least value that it is the share of: sorting never
 * makes the pinball loss greater.
 *
 * Source: V. Chernozhukov et al., "Quantile and probability curves without crossing" (Econometrica 78, 2010).
 *
 * @returns how many rows were changed
 */
export function sortQuantiles({ quantiles }: Pick<TaskOutput, 'quantiles'>, outputs: Float32Array): number {
  if (quantiles === undefined) return 0;
  const width = 1 + quantiles.length;
  let changed = 0;
  for (let at = 0; at < outputs.length; at += width) {
    let isAscending = true;
    for (let k = at + 2; k < at + width; k += 1)
      isAscending &&= !((outputs[k] as number) < (outputs[k - 1] as number));
    if (isAscending) continue;
    outputs.subarray(at + 1, at + width).sort();
    changed += 1;
  }
  return changed;
}

/** Index of the greatest of the `count` outputs from `at`, the first of several. */
export function topOf(outputs: Float32Array, at: number, count: number): number {
  let top = 0;
  for (let k = 1; k < count; k += 1) if ((outputs[at + k] as number) > (outputs[at + top] as number)) top = k;
  return top;
}

/** Whether the outputs from `at` are probabilities that add up to 1. */
export function areProbabilities(outputs: Float32Array, at: number, count: number): boolean {
  let sum = 0;
  for (let k = 0; k < count; k += 1) {
    const output = outputs[at + k] as number;
    if (!(output >= 0 && output <= 1)) return false;
    sum += output;
  }
  return Math.abs(sum - 1) <= SUM_TOLERANCE;
}

/** Writes the evidence of the row whose outputs begin at `at`. */
export function writeEvidence(
  output: TaskOutput,
  outputs: Float32Array,
  at: number,
  label: number,
  into: Float32Array,
  to: number,
): void {
  const count = outputCount(output);
  if (output.classes === undefined) {
    for (let k = 1; k < count; k += 1) into[to + k - 1] = outputs[at + k] as number;
    return;
  }
  into[to] = outputs[at + label] ?? Number.NaN;
  into[to + 1] = topOf(outputs, at, count);
  let squares = 0;
  for (let k = at; k < at + count; k += 1) squares += (outputs[k] as number) ** 2;
  into[to + 2] = squares;
}

/** Whether a model may return the row whose outputs begin at `at`. */
export function isValidRow(output: TaskOutput, outputs: Float32Array, at: number): boolean {
  const count = outputCount(output);
  if (output.classes !== undefined) return areProbabilities(outputs, at, count);
  for (let k = at; k < at + count; k += 1) if (!isScore(outputs[k] as number, output)) return false;
  return true;
}

/** How many of the rows a model may not return; `outputs` has all outputs of the rows. */
export function invalidRows(output: TaskOutput, outputs: Float32Array): number {
  const count = outputCount(output);
  let invalid = 0;
  for (let at = 0; at < outputs.length; at += count) if (!isValidRow(output, outputs, at)) invalid += 1;
  return invalid;
}

/** Rows as the loss and the figures take them. */
export interface JudgedRows {
  readonly scores: Float32Array;
  readonly evidence: Float32Array;
}

/** Of all outputs of rows whose labels are known. Quantiles are sorted, as they are where they serve. */
export function judgedRows(output: TaskOutput, outputs: Float32Array, labels: Float32Array): JudgedRows {
  const count = outputCount(output);
  const width = evidenceWidth(output);
  if (width === 0) return { scores: outputs, evidence: new Float32Array(0) };
  sortQuantiles(output, outputs);
  const scores = new Float32Array(labels.length);
  const evidence = new Float32Array(labels.length * width);
  for (let row = 0; row < labels.length; row += 1) {
    const at = row * count;
    writeEvidence(output, outputs, at, labels[row] as number, evidence, row * width);
    const top = output.classes === undefined ? 0 : (evidence[row * width + 1] as number);
    scores[row] = outputs[at + top] as number;
  }
  return { scores, evidence };
}

/** What the drift of the output is measured on: the top classes, as categories, or the scores, which quantiles are not. */
export function driftingOutput(
  output: TaskOutput,
  outputs: Float32Array,
): { readonly values: Float32Array; readonly kind: 'numeric' | 'categorical' } {
  const count = outputCount(output);
  if (count === 1) return { values: outputs, kind: 'numeric' };
  if (output.classes === undefined)
    return { values: outputs.filter((_, i) => i % count === 0), kind: 'numeric' };
  const values = Float32Array.from({ length: outputs.length / count }, (_, row) =>
    topOf(outputs, row * count, count),
  );
  return { values, kind: 'categorical' };
}
