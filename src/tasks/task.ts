// The task door (control path): what a topology predicts, and what makes a prediction good. A task is a value; the
// engine reads from it everything that depends on what is predicted, so a new kind of task is one file.
import type { Batch } from '../core/batch.ts';
import type { Confusion } from '../stats/confusion.ts';

/** What a model returns: one Float32 score per row, the probabilities of several classes, or a value with its quantiles. */
export interface TaskOutput {
  /** For people: `probability`. */
  readonly name: string;
  /** Least and greatest valid score, inclusive; infinite for no bound. Any other score is replaced by the fallback. */
  readonly low: number;
  readonly high: number;
  /** Names of the classes, if a row has a probability for each: the score is that of the top class. */
  readonly classes?: readonly string[];
  /** Ascending levels above 0 and below 1, if a row has a quantile for each behind its value: the score is the value. */
  readonly quantiles?: readonly number[];
  /** The interval between two of the quantiles, by their indices, if it is to hold a share of the labels: trainings calibrate it. */
  readonly interval?: { readonly share: number; readonly from: number; readonly to: number };
}

/** @typeParam Reads the columns it reads, with their kind: `arrDelay: number` */
export interface LabelReader<Reads extends string = string> {
  readonly reads: readonly Reads[];
  /** What the label is, as text, for comparisons of two declarations: equal for equal labels. Left out: what it reads. */
  readonly text?: string;
  /**
   * Called once per batch (hot path). Returns a function from row to label; NaN if the event carries no label. Labels
   * are stored as Float32: a value that is infinite as such is no label either, and counted as one that cannot be used. An event for which it throws is a dead
   * letter, STAGE_FAILED, and carries no label.
   */
  open(columns: Batch['columns']): (row: number) => number;
}

export interface TaskAlerts {
  readonly from: number;
  readonly rate: number;
}

/** The loss of one row: the gate compares its mean, and the error detectors watch it. Lower is better. */
export interface TaskLoss {
  /** Key in drift reports, camelCase: `logLoss`. */
  readonly name: string;
  /** For people: `log loss`. */
  readonly title: string;
  /** Digits after the decimal point, for people. */
  readonly digits: number;
  /** Whether `digits` counts significant digits instead: for losses in the unit of the label. */
  readonly significant?: boolean;
  /**
   * @param evidence of a task with classes, the probability of the label, the number of the top class and the sum of the squared
   *   probabilities from `at`; of one with quantiles, those; of others there is none
   */
  of(score: number, label: number, evidence?: ArrayLike<number>, at?: number): number;
}

/** What a trainer minimises, in a form that it can differentiate. */
export type Objective =
  /** Binary cross-entropy of one probability. */
  | { readonly kind: 'log-loss' }
  /** Cross-entropy of a probability for each class. Labels are their numbers. */
  | { readonly kind: 'cross-entropy'; readonly classes: number }
  /** Half the square of the error of one value. */
  | { readonly kind: 'squared' }
  /** The square up to an error of `delta`, in units of the label, and linear beyond it. */
  | { readonly kind: 'huber'; readonly delta: number }
  /** The loss of the value, and the pinball loss of a quantile for each level. */
  | {
      readonly kind: 'quantiles';
      readonly value: { readonly kind: 'squared' } | { readonly kind: 'huber'; readonly delta: number };
      readonly levels: readonly number[];
    };

/** One figure of quality, and how it is shown. */
export interface FigureSpec {
  /** Key in reports, manifests and metrics, camelCase: `logLoss`. Metrics write it as `log_loss`. */
  readonly name: string;
  /** For people: `log loss`, `AUC`. */
  readonly title: string;
  /** Null for a figure that should be near another one, as a coverage. */
  readonly better: 'lower' | 'higher' | null;
  /** Digits after the decimal point, for people. */
  readonly digits: number;
  /** Whether `digits` counts significant digits instead: for figures in the unit of the label. */
  readonly significant?: boolean;
  /** Unit for people, after a space: `min`. None by default. */
  readonly unit?: string;
  /** Whether command-line summaries and the dashboard show it. Every figure is in report.json and in the metrics. */
  readonly headline: boolean;
}

/** Figures over rows that arrive one by one. Partitions and periods merge, so the order of rows must not matter. */
export interface FigureAccumulator {
  /** Rows added. */
  readonly count: number;
  /** @param evidence as the loss has it */
  add(score: number, label: number, evidence?: ArrayLike<number>, at?: number): void;
  /**
   * Takes out a row that was added: its label was corrected or withdrawn. Without it figures keep the label that was known
   * first.
   */
  remove?(score: number, label: number, evidence?: ArrayLike<number>, at?: number): void;
  /** Adds all rows of another accumulator that the same task opened with the same resolution. */
  merge(other: FigureAccumulator): void;
  /** A value for each FigureSpec, by name; NaN where it is undefined. */
  figures(): Readonly<Record<string, number>>;
  /** Of a task with classes: rows by label and prediction. */
  confusion?(): Confusion;
  /**
   * The whole state, as JSON can hold it; any numbers. With `restore` it lets an engine start from a snapshot of the
   * learning loop; without them engines read all observations at each start, and those are kept forever.
   */
  snapshot?(): unknown;
  /** Continues from a snapshot that an accumulator of the same resolution has made. */
  restore?(snapshot: unknown): void;
}

/** In units of the loss, or as a share of the opponent's mean loss where the loss has the unit of the label. */
export type Tolerance = number | { readonly share: number };

/** The opponent of a first model: a constant score. */
export interface Baseline {
  /** For people: `base rate`. */
  readonly name: string;
  readonly score: number;
  /** Of a task with several outputs: all of them. */
  readonly outputs?: Float32Array;
}

/**
 * A learning task.
 *
 * @typeParam Reads the columns that its label reads, with their kind
 */
export interface Task<Reads extends string = string> {
  /** Lower-case letters, digits and dashes. Trainers declare by it which tasks they support. */
  readonly name: string;
  readonly output: TaskOutput;
  readonly label: LabelReader<Reads>;
  /** The score if no model can give one and the score stage declares none; of classes, each has the same probability. */
  readonly fallback: number;
  /** Of a task without labels: rows whose score is `from` or more are alerts, of which there should be the share `rate`. */
  readonly alerts?: TaskAlerts;
  readonly loss: TaskLoss;
  /** For trainers, which need more than `loss.of`: they support a task by its name, and take from here what its options change. */
  readonly objective?: Objective;
  /** Whether the score decides wrongly, if a score of the task decides: detectors watch its share as well. */
  isError?(score: number, label: number, evidence?: ArrayLike<number>, at?: number): boolean;
  /** In the order in which they are shown. */
  readonly figures: readonly FigureSpec[];
  /** An empty accumulator. `coarse`: hundreds are kept, one per day; `fine`: a few, one per model and month. */
  accumulator(resolution: 'fine' | 'coarse'): FigureAccumulator;
  /**
   * Figures of a whole slice of scores, NaN where undefined, for the gate and the manifest. By default those of an accumulator;
   * a task whose accumulator approximates can compute them exactly here.
   */
  evaluate?(scores: Float32Array, labels: Float32Array): Readonly<Record<string, number>>;
  /** What a first model must beat, from the labels before the gate's slice. */
  baseline(labels: Float32Array): Baseline;
  /** Why no model can be trained on these labels, as a clause; null if one can. */
  shortage?(labels: Float32Array): string | null;
  /**
   * Default of `gate.tolerance`: a number in units of the loss, or a share of the opponent's mean loss. 0 by default: only a
   * proven win counts.
   */
  readonly gateTolerance?: Tolerance;
}
