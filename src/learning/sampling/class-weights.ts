// Weights of classes as a topology names them (control path).
import { suggestion } from '../../core/unknown-keys.ts';
import type { Task } from '../../tasks/task.ts';
import { objectiveOf } from '../objective.ts';
import type { Sampling } from './sample-rows.ts';

/** By name: a class of the task, or `negative` and `positive` of a binary one. Those that are left out weigh 1. */
export type ClassWeights = 'balanced' | Readonly<Record<string, number>>;

const BINARY_NAMES: readonly string[] = ['negative', 'positive'];

/** Names in the order of the numbers that labels are; null for a task without classes. */
export function classNames(task: Pick<Task, 'name' | 'objective' | 'output'>): readonly string[] | null {
  const { classes } = task.output;
  if (classes !== undefined) return classes;
  return objectiveOf(task).kind === 'log-loss' ? BINARY_NAMES : null;
}

export interface SamplingSettings {
  readonly negativesPerPositive: number | null;
  readonly classWeights: ClassWeights | null;
}

export function samplingOf(
  task: Pick<Task, 'name' | 'objective' | 'output'>,
  { negativesPerPositive, classWeights }: SamplingSettings,
): Sampling {
  if (classWeights === null || classWeights === 'balanced') return { negativesPerPositive, classWeights };
  const names = classNames(task) ?? [];
  return { negativesPerPositive, classWeights: names.map((name) => classWeights[name] ?? 1) };
}

/** Clauses about settings that the task cannot have. */
export function samplingProblems(
  task: Pick<Task, 'name' | 'objective' | 'output'>,
  { negativesPerPositive, classWeights }: SamplingSettings,
): string[] {
  const names = classNames(task);
  const problems: string[] = [];
  if (negativesPerPositive !== null && names?.join() !== BINARY_NAMES.join())
    problems.push(
      `retraining.negativesPerPositive: task '${task.name}' has no negatives, it is for binary()`,
    );
  if (classWeights === null) return problems;
  if (names === null) return [...problems, `retraining.classWeights: task '${task.name}' has no classes`];
  for (const name of Object.keys(classWeights === 'balanced' ? {} : classWeights))
    if (!names.includes(name))
      problems.push(
        `retraining.classWeights: task '${task.name}' has no class '${name}'${suggestion(name, names)}: its classes are ${names.slice(0, 10).join(', ')}`,
      );
  return problems;
}

/** For OptionChecks. */
export function classWeightsCheck(value: unknown): string | null {
  if (value === 'balanced') return null;
  const remedy = "give 'balanced', or weights by class: { positive: 10 }";
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return `it is no weights: ${remedy}`;
  const wrong = Object.entries(value).find(
    ([, weight]) => !(typeof weight === 'number' && weight > 0 && Number.isFinite(weight)),
  );
  if (Object.keys(value).length === 0) return `it names no class: ${remedy}`;
  return wrong === undefined ? null : `the weight of '${wrong[0]}' is not a number above 0`;
}
