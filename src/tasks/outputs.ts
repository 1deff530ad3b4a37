// Several outputs a row (hot path): which of them is the score, and what the loss and the figures need of them once the label is
// known. A class takes three numbers then, however many classes there are.
import { isScore } from './check.ts';
import type { TaskOutput } from './task.ts';

/** Probabilities are Float32, and a thousand of them are added. */
const SUM_TOLERANCE = 1e-3;

/** Numbers of a row that a model returns. */
export function outputCount({ classes }: TaskOutput): number {
  return classes?.length ?? 1;
}

/**
 * Numbers besides the score that a joined label carries: the label's probability, the top class and the sum of the squared
 * probabilities; none for one output.
 */
export function evidenceWidth({ classes }: TaskOutput): number {
  return classes === undefined ? 0 : 3;
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
  outputs: Float32Array,
  at: number,
  count: number,
  label: number,
  into: Float32Array,
  to: number,
): void {
  into[to] = outputs[at + label] ?? Number.NaN;
  into[to + 1] = topOf(outputs, at, count);
  let squares = 0;
  for (let k = at; k < at + count; k += 1) squares += (outputs[k] as number) ** 2;
  into[to + 2] = squares;
}

/** How many of the rows a model may not return; `outputs` has all outputs of the rows. */
export function invalidRows(output: TaskOutput, outputs: Float32Array): number {
  const count = outputCount(output);
  let invalid = 0;
  for (let at = 0; at < outputs.length; at += count)
    if (count === 1 ? !isScore(outputs[at] as number, output) : !areProbabilities(outputs, at, count))
      invalid += 1;
  return invalid;
}

/** Rows as the loss and the figures take them. */
export interface JudgedRows {
  readonly scores: Float32Array;
  readonly evidence: Float32Array;
}

/** Of all outputs of rows whose labels are known. */
export function judgedRows(output: TaskOutput, outputs: Float32Array, labels: Float32Array): JudgedRows {
  const count = outputCount(output);
  const width = evidenceWidth(output);
  if (width === 0) return { scores: outputs, evidence: new Float32Array(0) };
  const scores = new Float32Array(labels.length);
  const evidence = new Float32Array(labels.length * width);
  for (let row = 0; row < labels.length; row += 1) {
    writeEvidence(outputs, row * count, count, labels[row] as number, evidence, row * width);
    scores[row] = outputs[row * count + (evidence[row * width + 1] as number)] as number;
  }
  return { scores, evidence };
}

/** What the drift of the output is measured on: the top classes, as categories, or the scores. */
export function driftingOutput(
  output: TaskOutput,
  outputs: Float32Array,
): { readonly values: Float32Array; readonly kind: 'numeric' | 'categorical' } {
  const count = outputCount(output);
  if (output.classes === undefined) return { values: outputs, kind: 'numeric' };
  const values = Float32Array.from({ length: outputs.length / count }, (_, row) =>
    topOf(outputs, row * count, count),
  );
  return { values, kind: 'categorical' };
}
