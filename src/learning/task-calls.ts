// A task as a training sees it (control path): its data, and its functions over whole slices. A topology's task is a
// value with functions, which stay in the thread that loaded it.
import type { Figures } from '../core/reports.ts';
import { rowLosses, sliceFigures } from '../tasks/figures.ts';
import type { Baseline, Task } from '../tasks/task.ts';

/** The part of a task that is data: what a thread can be sent. Its functions are called through TaskCalls. */
export type TaskFacts = Pick<Task, 'name' | 'output' | 'objective' | 'alerts' | 'figures'> & {
  readonly loss: Omit<Task['loss'], 'of'>;
};

/** How good scores are: the loss of each row, and the task's figures. */
export interface Assessment {
  readonly losses: Float64Array;
  readonly figures: Figures;
}

/** The task's functions, which a training thread calls across threads. */
export interface TaskCalls {
  shortage(labels: Float32Array): Promise<string | null>;
  baseline(labels: Float32Array): Promise<Baseline>;
  /** @param scores all outputs of the rows */
  assess(scores: Float32Array, labels: Float32Array): Promise<Assessment>;
  /** The losses alone, which are cheap: what chooses between many. */
  losses(scores: Float32Array, labels: Float32Array): Promise<Float64Array>;
}

export function taskFacts({ name, output, objective, alerts, figures, loss }: Task): TaskFacts {
  const { name: key, title, digits, significant } = loss;
  return {
    name,
    output,
    figures,
    loss: { name: key, title, digits, ...(significant === undefined ? {} : { significant }) },
    ...(objective === undefined ? {} : { objective }),
    ...(alerts === undefined ? {} : { alerts }),
  };
}

export function taskCalls(task: Task): TaskCalls {
  return {
    shortage: async (labels) => task.shortage?.(labels) ?? null,
    baseline: async (labels) => task.baseline(labels),
    assess: async (scores, labels) => ({
      losses: rowLosses(task, scores, labels),
      figures: sliceFigures(task, scores, labels),
    }),
    losses: async (scores, labels) => rowLosses(task, scores, labels),
  };
}
