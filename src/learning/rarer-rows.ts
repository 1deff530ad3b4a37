// Rows of the rarer of two classes (control path): what a slice can judge models by, or choose steps by.
import type { Objective } from '../tasks/task.ts';

/** Of the rows [from, to), how many are of the class that fewer of them have. */
export type RarerRows = (from: number, to: number) => number;

/** @param labels 0 or 1, if the objective is that of two classes. @returns null for another objective: every row counts there */
export function rarerRows(labels: Float32Array, objective: Objective | undefined): RarerRows | null {
  if (objective?.kind !== 'log-loss') return null;
  const positivesBefore = new Uint32Array(labels.length + 1);
  for (const [row, label] of labels.entries())
    positivesBefore[row + 1] = (positivesBefore[row] as number) + Number(label === 1);
  return (from, to) => {
    const positives = (positivesBefore[to] as number) - (positivesBefore[from] as number);
    return Math.min(positives, to - from - positives);
  };
}
