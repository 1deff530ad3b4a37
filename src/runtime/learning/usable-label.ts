// Which joined labels quality and drift are computed from (control path): those with finite numbers, and a score that the
// task can have. All engines skip the same ones.
import { isInstant } from '../../core/time.ts';
import type { JoinedLabels } from '../../operators/observations.ts';
import { isScore } from '../../tasks/check.ts';
import { evidenceWidth } from '../../tasks/outputs.ts';
import type { Task } from '../../tasks/task.ts';

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
  if (classes === undefined) return true;
  const width = evidenceWidth(output);
  const isClass = (index: number | undefined): boolean =>
    index !== undefined && Number.isInteger(index) && index >= 0 && index < classes.length;
  const probability = evidence[i * width] ?? Number.NaN;
  return isClass(label) && isClass(evidence[i * width + 1]) && probability >= 0 && probability <= 1;
}
