// One trial of a model (control path), in the process that is there for it: loads the model, and has it score.
import { MillraceError } from '../../core/errors.ts';
import { BATCH_ROWS_MAX } from '../../core/event-limits.ts';
import type { Trial, UntrustedRun } from '../../ports/scorer.ts';
import { loadModel } from './loaded-model.ts';

/** Of probabilities, which are Float32. */
const SUM_TOLERANCE = 1e-3;

/**
 * Scores the golden batch twice and a full batch once, on the CPU: what a graph asks for does not depend on the provider.
 * @throws MODEL_INVALID or MODEL_FAILED with the reason
 */
export async function tryModel({
  version,
  model: bytes,
  inputWidth,
  outputs = 1,
  golden,
  low,
  high,
  isDistribution = false,
}: Trial): Promise<void> {
  const model = await loadModel({ version, bytes, inputWidth, outputs, provider: 'cpu' });
  try {
    const scores = new Float32Array(golden.rowCount * outputs);
    const repeated = new Float32Array(golden.rowCount * outputs);
    await model.run(golden.values, golden.rowCount, scores);
    await model.run(golden.values, golden.rowCount, repeated);
    const isSame = Buffer.from(scores.buffer).equals(Buffer.from(repeated.buffer));
    if (!isSame) throw refused(version, 'it scores the same rows differently the second time');
    for (const score of scores.subarray(0, golden.judgedCount * outputs)) {
      if (!Number.isFinite(score)) throw refused(version, `it returns ${score} for values of its training`);
      if (score < low || score > high)
        throw refused(version, `it returns ${score}, and the task's scores are from ${low} to ${high}`);
    }
    if (isDistribution) requireSums(version, scores.subarray(0, golden.judgedCount * outputs), outputs);
    const rows = new Float32Array(BATCH_ROWS_MAX * inputWidth);
    for (let at = 0; at < rows.length; at += golden.values.length)
      rows.set(golden.values.subarray(0, rows.length - at), at);
    await model.run(rows, BATCH_ROWS_MAX, new Float32Array(BATCH_ROWS_MAX * outputs));
  } finally {
    await model.close();
  }
}

function requireSums(version: string, scores: Float32Array, outputs: number): void {
  for (let at = 0; at < scores.length; at += outputs) {
    const sum = scores.subarray(at, at + outputs).reduce((total, score) => total + score, 0);
    if (Math.abs(sum - 1) > SUM_TOLERANCE)
      throw refused(version, `the ${outputs} probabilities of a row add up to ${sum}, not 1`);
  }
}

/** Scores rows, on the CPU as a trial does. @throws MODEL_INVALID or MODEL_FAILED with the reason */
export async function scoreRun({
  version,
  model: bytes,
  inputWidth,
  outputs = 1,
  values,
  rowCount,
}: UntrustedRun): Promise<Float32Array> {
  const model = await loadModel({ version, bytes, inputWidth, outputs, provider: 'cpu' });
  try {
    const scores = new Float32Array(rowCount * outputs);
    await model.run(values, rowCount, scores);
    return scores;
  } finally {
    await model.close();
  }
}

function refused(version: string, what: string): MillraceError {
  return new MillraceError('MODEL_INVALID', `the golden batch failed: ${what}`, {
    where: `model ${version}`,
    remedy: 'Export a model whose output is the score itself, without random operators.',
  });
}
