// Which joined labels quality and drift are computed from (control path): those with finite numbers, and a score that the
// task can have. All engines skip the same ones.
import { isInstant } from '../../core/time.ts';
import type { JoinedLabels } from '../../operators/observations.ts';
import { isScore } from '../../tasks/check.ts';
import { evidenceWidth } from '../../tasks/outputs.ts';
import type { Task } from '../../tasks/task.ts';

/**
 * The labels with as much evidence as the task's loss takes. Records of before there were squares have two numbers for a task
 * with classes: the third is NaN. Evidence of another definition is no evidence.
 */
export function withEvidence(joined: JoinedLabels, { output }: Pick<Task, 'output'>): JoinedLabels {
  const width = evidenceWidth(output);
  const count = joined.labels.length;
  if (joined.evidence.length === count * width) return joined;
  const isEarlier = output.classes !== undefined && joined.evidence.length === 2 * count;
  const widened = (evidence: readonly number[]): number[] =>
    Array.from({ length: count * width }, (_, i) => {
      const slot = i % width;
      return isEarlier && slot < 2 ? (evidence[2 * Math.floor(i / width) + slot] as number) : Number.NaN;
    });
  return { ...joined, evidence: widened(joined.evidence), shadowEvidence: widened(joined.shadowEvidence) };
}

export function isUsable(joined: JoinedLabels, i: number, { output }: Pick<Task, 'output'>): boolean {
  return (
    Number.isFinite(joined.labels[i]) &&
    isScore(joined.scores[i] as number, output) &&
    hasEvidence(joined.evidence, joined.labels[i] as number, i, output) &&
    isInstant(joined.predictionTimeMs[i] as number)
  );
}

/** Whether the shadow model's score of the label can be compared. */
export function isShadowUsable(joined: JoinedLabels, i: number, { output }: Pick<Task, 'output'>): boolean {
  return (
    isScore(joined.shadowScores[i] as number, output) &&
    hasEvidence(joined.shadowEvidence, joined.labels[i] as number, i, output)
  );
}

/** A record may be of another definition, or of a stranger: its numbers of classes must be classes of the task. */
function hasEvidence(evidence: readonly number[], label: number, i: number, output: Task['output']): boolean {
  const { classes } = output;
  const width = evidenceWidth(output);
  if (classes === undefined)
    return evidence.slice(i * width, (i + 1) * width).every((quantile) => isScore(quantile, output));
  const isClass = (index: number | undefined): boolean =>
    index !== undefined && Number.isInteger(index) && index >= 0 && index < classes.length;
  const probability = evidence[i * width] ?? Number.NaN;
  return isClass(label) && isClass(evidence[i * width + 1]) && probability >= 0 && probability <= 1;
}
