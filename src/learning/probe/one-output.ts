// Which output of a model is probed (control path): of several one moves, or does not, apart from the others.
import { MillraceError } from '../../core/errors.ts';
import { outputCount, outputNames } from '../../tasks/outputs.ts';
import type { TaskOutput } from '../../tasks/task.ts';
import type { ScoreVectors } from './changed-rows.ts';

/** One output of those of a row. */
export interface ProbedOutput {
  /** Null for the only one. */
  readonly name: string | null;
  readonly at: number;
  readonly count: number;
}

/**
 * @param name as it was given; null for the score: the only output, or the value of a row with quantiles
 * @throws CONFIG_INVALID for an output that the task has not, and for classes if none is named
 */
export function probedOutput(output: TaskOutput, name: string | null): ProbedOutput {
  const names = outputNames(output);
  const count = outputCount(output);
  if (names === undefined) {
    if (name === null) return { name, at: 0, count };
    throw new MillraceError('CONFIG_INVALID', `the task has one output, and '${name}' was named`, {
      remedy: 'Leave out --output.',
    });
  }
  if (name === null && output.classes === undefined) return { name: names[0] ?? null, at: 0, count };
  const at = name === null ? -1 : names.indexOf(name);
  if (at >= 0) return { name, at, count };
  const what = name === null ? 'each class has a probability of its own' : `the task has no output '${name}'`;
  throw new MillraceError('CONFIG_INVALID', what, {
    remedy: `Name the one to probe by --output: ${names.join(', ')}.`,
  });
}

/** The scores of that output alone. */
export function oneOutput(score: ScoreVectors, { at, count }: ProbedOutput): ScoreVectors {
  if (count === 1) return score;
  return async (values, rowCount) => {
    const all = await score(values, rowCount);
    return Float32Array.from({ length: rowCount }, (_, row) => all[row * count + at] as number);
  };
}
