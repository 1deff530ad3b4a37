// What must hold for a task before anything runs (control path).
import type { Task } from './task.ts';

const NAME = /^[a-z][a-z0-9-]*$/;
const KEY = /^[a-z][A-Za-z0-9]*$/;

/** Every problem of a task, as clauses; none if it is sound. */
export function taskProblems({ name, output, fallback, figures, loss }: Task): string[] {
  const problems: string[] = [];
  if (!NAME.test(name))
    problems.push(`the task's name '${name}' is not lower-case letters, digits and dashes`);
  if (!(output.low < output.high))
    problems.push(`the output of task '${name}' has no range: ${output.low} to ${output.high}`);
  if (!isScore(fallback, output))
    problems.push(`the fallback ${fallback} of task '${name}' is not ${rangeText(output)}`);
  const keys = [loss.name, ...figures.map((spec) => spec.name)];
  for (const key of keys)
    if (!KEY.test(key)) problems.push(`figure '${key}' of task '${name}' is not named in camelCase`);
  const names = figures.map((spec) => spec.name);
  for (const [i, key] of names.entries())
    if (names.indexOf(key) !== i) problems.push(`task '${name}' has figure '${key}' twice`);
  if (names.includes('n')) problems.push(`task '${name}' has a figure 'n', which is the number of rows`);
  return problems;
}

/** Whether a model of the task may return it. */
export function isScore(value: number, { low, high }: Task['output']): boolean {
  return Number.isFinite(value) && value >= low && value <= high;
}

/** `within 0 to 1`, `at least 0`, `a finite number`. */
export function rangeText({ low, high }: Task['output']): string {
  if (Number.isFinite(low) && Number.isFinite(high)) return `within ${low} to ${high}`;
  if (Number.isFinite(low)) return `at least ${low}`;
  return Number.isFinite(high) ? `at most ${high}` : 'a finite number';
}
