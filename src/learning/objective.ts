// What a fit minimises, by its task (control path): outputs of a row, and the loss of one (hot path of training).
import { logLoss } from '../stats/log-loss.ts';
import { pinballLoss } from '../stats/pinball-loss.ts';
import type { Objective } from '../tasks/task.ts';

export type ValueObjective = Extract<Objective, { kind: 'squared' | 'huber' }>;
export type QuantileObjective = Extract<Objective, { kind: 'quantiles' }>;

/** A task of a project need not say what it minimises. */
export function objectiveOf({
  name,
  objective,
}: {
  readonly name: string;
  readonly objective?: Objective | undefined;
}): Objective {
  return objective ?? { kind: name === 'binary' ? 'log-loss' : 'squared' };
}

/** Outputs of a row. */
export function outputsOf(objective: Objective): number {
  if (objective.kind === 'quantiles') return 1 + objective.levels.length;
  return objective.kind === 'cross-entropy' ? objective.classes : 1;
}

export function isProbability({ kind }: Objective): boolean {
  return kind === 'log-loss' || kind === 'cross-entropy';
}

/** @param outputs of all rows, row-major */
export function rowLoss(objective: Objective, outputs: Float32Array, row: number, label: number): number {
  if (objective.kind === 'cross-entropy')
    return logLoss(outputs[row * objective.classes + label] as number, 1);
  if (objective.kind === 'quantiles') return quantileLoss(objective, outputs, row, label);
  const output = outputs[row] as number;
  if (objective.kind === 'log-loss') return logLoss(output, label);
  return valueLoss(objective, output - label);
}

function valueLoss(objective: ValueObjective, error: number): number {
  const size = Math.abs(error);
  if (objective.kind === 'squared' || size <= objective.delta) return (error * error) / 2;
  return objective.delta * (size - objective.delta / 2);
}

/** The loss of the value and the pinball losses, all in the unit of the label. */
function quantileLoss(
  { value, levels }: QuantileObjective,
  outputs: Float32Array,
  row: number,
  label: number,
): number {
  const at = row * (1 + levels.length);
  let sum = valueLoss(value, (outputs[at] as number) - label);
  for (const [k, level] of levels.entries())
    sum += pinballLoss(level, label - (outputs[at + 1 + k] as number));
  return sum;
}
