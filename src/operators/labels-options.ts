// What a labels stage is declared with (control path).
import {
  column,
  duration,
  nonEmptyText,
  objectWith,
  required,
  shown,
  type OptionChecks,
  type OptionProblem,
} from '../core/option-checks.ts';
import type { Task } from '../tasks/task.ts';
import { predicateCheck, type Predicate } from '../window/predicate.ts';

export interface LabelsOptions<
  Key extends string = string,
  Label extends string = string,
  When extends Predicate = Predicate,
  Never extends Predicate = Predicate,
  Withdrawn extends Predicate = Predicate,
> {
  /** The column that holds the prediction's key. */
  readonly key: Key;
  /** Events that carry a label; all by default. */
  readonly when?: When;
  /** The id of the score stage whose predictions these are the labels of: where the topology has several. */
  readonly target?: string;
  /** What is predicted: it reads the label from those events, and says what a good prediction is. */
  readonly task: Task<Label>;
  /** Events that say that no label will come. */
  readonly never?: Never;
  /** Event time after which a prediction without a label is given up, ms; seven days by default. */
  readonly timeoutMs?: number;
  /**
   * Event time for which a label that comes before its prediction waits for it, ms; one hour by default, 0 for not at all.
   * It joins the first prediction of its key, so where keys are used again sooner than that, choose less.
   */
  readonly earlyMs?: number;
  /**
   * Label of a prediction whose time-out has passed without one: for streams that report one outcome alone, as chargebacks
   * are. Of classes, the name of one. Without it such a prediction has no label.
   */
  readonly otherwise?: number | string;
  /**
   * Event time after a prediction for which a later event of its key corrects the label that it has, ms; 0, the default, for
   * not at all. A key must stand for one prediction that long.
   */
  readonly correctedWithinMs?: number;
  /** Events that take back the label that a prediction has. They need `correctedWithinMs`. */
  readonly withdrawn?: Withdrawn;
}

/** The options with their defaults. */
export interface LabelsSettings extends LabelsOptions {
  readonly when: Predicate;
  readonly timeoutMs: number;
  readonly earlyMs: number;
  readonly correctedWithinMs: number;
  /** NaN for no label. */
  readonly timedOutLabel: number;
}

/** What each option must be. */
export const LABELS_CHECKS: OptionChecks<LabelsOptions> = {
  key: required(column, "'id'"),
  when: predicateCheck,
  target: nonEmptyText,
  task: required(
    objectWith(['name', 'output', 'label', 'fallback', 'loss', 'figures'], 'task'),
    "binary({ column: 'fraud' })",
  ),
  never: predicateCheck,
  timeoutMs: duration(),
  earlyMs: duration({ zero: true }),
  otherwise: (value) =>
    typeof value === 'string' || (typeof value === 'number' && Number.isFinite(Math.fround(value)))
      ? null
      : `${shown(value)} is no label: a number, or the name of a class`,
  correctedWithinMs: duration({ zero: true }),
  withdrawn: predicateCheck,
};

/** The label that `otherwise` names; NaN without one, or if the task has no such label. */
export function timedOutLabel({ otherwise, task }: Pick<LabelsOptions, 'otherwise' | 'task'>): number {
  if (otherwise === undefined) return Number.NaN;
  const { classes } = task.output;
  if (classes !== undefined) return found(classes.indexOf(String(otherwise)));
  if (typeof otherwise === 'string') return Number.NaN;
  if (task.objective?.kind === 'log-loss') return otherwise === 0 || otherwise === 1 ? otherwise : Number.NaN;
  return Math.fround(otherwise);
}

function found(index: number): number {
  return index < 0 ? Number.NaN : index;
}

/** What cannot be together. */
export function labelsProblems(options: LabelsOptions): OptionProblem[] {
  const { otherwise, withdrawn, correctedWithinMs = 0, task } = options;
  const problems: OptionProblem[] = [];
  if (otherwise !== undefined && Number.isNaN(timedOutLabel(options)))
    problems.push(['otherwise', `${shown(otherwise)} is no label of task '${task.name}'${labelsOf(task)}`]);
  if (withdrawn !== undefined && correctedWithinMs === 0)
    problems.push([
      'withdrawn',
      'no label is taken back without correctedWithinMs: days(30), say, is how long after its prediction it can be',
    ]);
  return problems;
}

function labelsOf({ output, objective }: Task): string {
  if (output.classes !== undefined) return `: give one of ${output.classes.slice(0, 10).join(', ')}`;
  return objective?.kind === 'log-loss' ? ': give 0 or 1' : ': give a number';
}
