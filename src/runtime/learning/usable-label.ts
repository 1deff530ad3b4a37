// Which joined labels quality and drift are computed from (control path): those with finite numbers, and a score that the
// task can have. All engines skip the same ones.
import { isInstant } from '../../core/time.ts';
import type { JoinedLabels } from '../../operators/observations.ts';
import { isScore } from '../../tasks/check.ts';
import type { Task } from '../../tasks/task.ts';

export function isUsable(joined: JoinedLabels, i: number, { output }: Pick<Task, 'output'>): boolean {
  return (
    Number.isFinite(joined.labels[i]) &&
    isScore(joined.scores[i] as number, output) &&
    isInstant(joined.predictionTimeMs[i] as number)
  );
}
