// Binary classification (control path): the score is the probability of the positive class.
import { checkedOptions, column as columnCheck, required, type OptionChecks } from '../core/option-checks.ts';
import { defined } from '../core/definition.ts';
import { stableJson } from '../core/stable-json.ts';
import { auc } from '../stats/auc.ts';
import { averagePrecision } from '../stats/average-precision.ts';
import type { Confusion } from '../stats/confusion.ts';
import { logLoss, meanLogLoss } from '../stats/log-loss.ts';
import { meanOf } from '../stats/mean.ts';
import { Prequential, type QualityMetrics } from '../stats/prequential.ts';
import { holds, numberTestCheck, type NumberTest } from '../window/predicate.ts';
import { numberLabel } from './label.ts';
import { SummedFigures } from './summed-figures.ts';
import type { Baseline, FigureSpec, Task } from './task.ts';

export interface BinaryOptions<C extends string = string> {
  /** The number column that decides; null is no label. */
  readonly column: C;
  /** The label is 1 if the column passes the test, 0 if it does not. By default `true`: the column is a boolean, or 0 or 1. */
  readonly positive?: NumberTest | boolean;
}

const figures: readonly FigureSpec[] = [
  { name: 'logLoss', title: 'log loss', better: 'lower', digits: 4, headline: true },
  { name: 'auc', title: 'AUC', better: 'higher', digits: 4, headline: true },
  // Average precision: what AUC is for rare positives.
  { name: 'prAuc', title: 'PR-AUC', better: 'higher', digits: 4, headline: false },
  { name: 'brier', title: 'Brier score', better: 'lower', digits: 4, headline: false },
  // At a threshold of 0.5.
  { name: 'precision', title: 'precision', better: 'higher', digits: 4, headline: false },
  { name: 'recall', title: 'recall', better: 'higher', digits: 4, headline: false },
  { name: 'f1', title: 'F1', better: 'higher', digits: 4, headline: false },
  // Expected calibration error over ten bins of the score.
  { name: 'calibrationError', title: 'calibration error', better: 'lower', digits: 4, headline: false },
  // Scores are counted in bins: the exact areas are within these of those above.
  { name: 'aucErrorMax', title: 'greatest error of AUC', better: 'lower', digits: 4, headline: false },
  { name: 'prAucErrorMax', title: 'greatest error of PR-AUC', better: 'lower', digits: 4, headline: false },
];

/** A day has thousands of rows: its AUC needs fewer bins, and 256 of them keep it at 5 KB. */
const COARSE_AUC_BINS = 256;

class BinaryFigures extends SummedFigures<Prequential> {
  constructor(resolution: 'fine' | 'coarse') {
    super(new Prequential(resolution === 'coarse' ? { aucBins: COARSE_AUC_BINS } : {}));
  }

  add(score: number, label: number): void {
    this.rows.add(score, label);
  }

  remove(score: number, label: number): void {
    this.rows.remove(score, label);
  }

  figures(): Record<string, number> {
    return figuresOf(this.rows.metrics());
  }

  confusion(): Confusion {
    return { classes: ['negative', 'positive'], counts: this.rows.metrics().confusion, errorMax: 0 };
  }
}

function figuresOf(metrics: QualityMetrics): Record<string, number> {
  const { count: _count, positives: _positives, confusion: _confusion, ...figures } = metrics;
  return figures;
}

/** The areas are exact here. */
function evaluate(scores: Float32Array, labels: Float32Array): Record<string, number> {
  const rows = new Prequential();
  for (let i = 0; i < labels.length; i += 1) rows.add(scores[i] as number, labels[i] as number);
  return {
    ...figuresOf(rows.metrics()),
    logLoss: meanLogLoss(scores, labels),
    auc: auc(scores, labels),
    aucErrorMax: 0,
    prAuc: averagePrecision(scores, labels),
    prAucErrorMax: 0,
  };
}

const OPTIONS: OptionChecks<BinaryOptions> = {
  column: required(columnCheck, "'fraud'"),
  positive: (value) => (typeof value === 'boolean' ? null : numberTestCheck(value)),
};

/**
 * Two classes. Loss: log loss. Figures: log loss, AUC, PR-AUC, Brier score, confusion, precision, recall and F1 at 0.5, expected
 * calibration error.
 *
 * @example labels('labels', { key: 'id', when: arrived, task: binary({ column: 'arrDelay', positive: atLeast(15) }) })
 */
export function binary<const C extends string>(options: BinaryOptions<C>): Task<`${C}: number`> {
  const checked = checkedOptions<BinaryOptions<C>>(options, OPTIONS);
  const { column = '' as C, positive = true } = checked.options; // without a column it is refused
  const label = numberLabel(column, (value) => (holds(positive, value) ? 1 : 0));
  const task: Task<`${C}: number`> = {
    name: 'binary',
    output: { name: 'probability', low: 0, high: 1 },
    label: {
      ...label,
      reads: column === '' ? [] : label.reads,
      text: stableJson({ [column]: positive }),
    },
    fallback: 0.5,
    objective: { kind: 'log-loss' },
    loss: { name: 'logLoss', title: 'log loss', digits: 4, of: logLoss },
    isError: (score, label) => score >= 0.5 !== (label === 1),
    figures,
    accumulator: (resolution) => new BinaryFigures(resolution),
    evaluate,
    baseline: (labels): Baseline => ({ name: 'base rate', score: meanOf(labels) }),
    shortage(labels): string | null {
      const share = meanOf(labels);
      return share > 0 && share < 1 ? null : 'all labels are of one class';
    },
    gateTolerance: 0.005,
  };
  return defined(task, { given: options, options: OPTIONS, problems: checked.problems });
}
