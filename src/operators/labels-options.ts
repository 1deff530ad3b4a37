// What a labels stage is declared with (control path).
import { column, duration, objectWith, required, type OptionChecks } from '../core/option-checks.ts';
import type { Task } from '../tasks/task.ts';
import { predicateCheck, type Predicate } from '../window/predicate.ts';

export interface LabelsOptions<
  Key extends string = string,
  Label extends string = string,
  When extends Predicate = Predicate,
  Never extends Predicate = Predicate,
> {
  /** The column that holds the prediction's key. */
  readonly key: Key;
  /** Events that carry a label; all by default. */
  readonly when?: When;
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
}

/** The options with their defaults. */
export interface LabelsSettings extends LabelsOptions {
  readonly when: Predicate;
  readonly timeoutMs: number;
  readonly earlyMs: number;
}

/** What each option must be. */
export const LABELS_CHECKS: OptionChecks<LabelsOptions> = {
  key: required(column, "'id'"),
  when: predicateCheck,
  task: required(
    objectWith(['name', 'output', 'label', 'fallback', 'loss', 'figures'], 'task'),
    "binary({ column: 'fraud' })",
  ),
  never: predicateCheck,
  timeoutMs: duration(),
  earlyMs: duration({ zero: true }),
};
