// Regression (control path): the score is a value in the unit of the label.
import {
  checkedOptions,
  column as columnCheck,
  nonEmptyText,
  number,
  required,
  shown,
} from '../core/option-checks.ts';
import type { OptionChecks } from '../core/option-checks.ts';
import { defined } from '../core/definition.ts';
import { meanOf } from '../stats/mean.ts';
import { RegressionQuality } from '../stats/regression-quality.ts';
import { numberLabel } from './label.ts';
import { SummedFigures } from './summed-figures.ts';
import { levelsOf, withQuantiles, type ValueObjective } from './quantiles.ts';
import type { Baseline, FigureSpec, Task, TaskLoss } from './task.ts';

export interface RegressionOptions<C extends string = string> {
  /** The number column that is predicted; null is no label. */
  readonly column: C;
  /**
   * `squared`, the default, for means; `{ huber: 15 }` where single labels are far off: squared up to an error of 15, in the unit
   * of the label, and linear beyond it.
   */
  readonly loss?: 'squared' | { readonly huber: number };
  /** Unit of the label, for people: `min`. */
  readonly unit?: string;
  /** Least and greatest value that can be; a model's other values are replaced by the fallback. No bounds by default. */
  readonly low?: number;
  readonly high?: number;
  /** Levels above 0 and below 1, ascending, 32 at most: a prediction has a quantile for each beside its value. */
  readonly quantiles?: readonly number[];
  /**
   * A share above 0 and below 1: a prediction has the ends of an interval that holds so many of the labels, as quantiles that each
   * training calibrates. `0.9`: the quantiles 0.05 and 0.95, among those of `quantiles` if there are some.
   */
  readonly interval?: number;
  /** The score if no model can give one; 0 by default, or the bound that is closest to it. */
  readonly fallback?: number;
}

/** Digits of a figure whose size depends on the unit. */
const DIGITS = 4;
/** Of the opponent's loss. */
const TOLERATED_SHARE = 0.01;

function figuresOf(unit: string | undefined): readonly FigureSpec[] {
  const inUnit = {
    digits: DIGITS,
    significant: true,
    headline: true,
    ...(unit === undefined ? {} : { unit }),
  };
  return [
    { name: 'mae', title: 'MAE', better: 'lower', ...inUnit },
    { name: 'rmse', title: 'RMSE', better: 'lower', ...inUnit },
    { name: 'r2', title: 'R²', better: 'higher', digits: 4, headline: true },
  ];
}

/** Levels of a task. */
const QUANTILES_MAX = 32;

function quantilesCheck(value: unknown): string | null {
  const isLevel = (level: unknown): boolean => typeof level === 'number' && level > 0 && level < 1;
  if (!Array.isArray(value) || !value.every(isLevel))
    return `${shown(value)} is no list of numbers above 0 and below 1, such as [0.1, 0.5, 0.9]`;
  if (value.length === 0 || value.length > QUANTILES_MAX)
    return `it has ${value.length} levels, and 1 to ${QUANTILES_MAX} are possible`;
  const levels = value as number[]; // just checked
  return levels.every((level, i) => i === 0 || level > (levels[i - 1] as number))
    ? null
    : 'its levels do not ascend';
}

class RegressionFigures extends SummedFigures<RegressionQuality> {
  constructor() {
    super(new RegressionQuality());
  }

  add(value: number, label: number): void {
    this.rows.add(value, label);
  }

  remove(value: number, label: number): void {
    this.rows.remove(value, label);
  }

  figures(): Record<string, number> {
    const { count: _count, ...figures } = this.rows.metrics();
    return figures;
  }
}

const positive = number(Number.MIN_VALUE);

const OPTIONS: OptionChecks<RegressionOptions> = {
  column: required(columnCheck, "'minutes'"),
  loss(value) {
    if (value === 'squared') return null;
    const isHuber = typeof value === 'object' && value !== null && Object.keys(value).join() === 'huber';
    const what = isHuber ? positive((value as { readonly huber: unknown }).huber) : '';
    return what === null ? null : "it is neither 'squared' nor { huber: 15 } with a number above 0";
  },
  unit: nonEmptyText,
  low: number(),
  high: number(),
  fallback: number(),
  quantiles: quantilesCheck,
  interval: (value) =>
    typeof value === 'number' && value > 0 && value < 1
      ? null
      : `${shown(value)} is no share above 0 and below 1`,
};

function squaredLoss(): TaskLoss {
  return {
    name: 'squaredError',
    title: 'squared error',
    digits: DIGITS,
    significant: true,
    of: (value, label) => (value - label) ** 2,
  };
}

/** Source: P. J. Huber, "Robust estimation of a location parameter" (Ann. Math. Statist. 35, 1964). */
function huberLoss(delta: number): TaskLoss {
  return {
    name: 'huberLoss',
    title: 'Huber loss',
    digits: DIGITS,
    significant: true,
    of(value, label) {
      const size = Math.abs(value - label);
      return size <= delta ? (size * size) / 2 : delta * (size - delta / 2);
    },
  };
}

/**
 * A value. Loss: the squared error, or Huber's. Figures: mean absolute error, root mean squared error, R². The first model must
 * beat the mean of the labels. With `quantiles` or an `interval` predictions have those too, and the loss is the pinball loss.
 *
 * @example labels('labels', { key: 'id', when: { type: 'ended' }, task: regression({ column: 'minutes', unit: 'min' }) })
 */
export function regression<const C extends string>(options: RegressionOptions<C>): Task<`${C}: number`> {
  const checked = checkedOptions<RegressionOptions<C>>(options, OPTIONS);
  const { column = '' as C, loss = 'squared', unit } = checked.options; // without a column it is refused
  const { low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY } = checked.options;
  const { fallback = Math.min(high, Math.max(low, 0)) } = checked.options;
  const label = numberLabel(column);
  const objective: ValueObjective =
    loss === 'squared' ? { kind: loss } : { kind: 'huber', delta: loss.huber };
  const base: Task<`${C}: number`> = {
    name: 'regression',
    output: { name: unit === undefined ? column : `${column}, ${unit}`, low, high },
    label: { ...label, reads: column === '' ? [] : label.reads },
    fallback,
    objective,
    loss: loss === 'squared' ? squaredLoss() : huberLoss(loss.huber),
    figures: figuresOf(unit),
    accumulator: () => new RegressionFigures(),
    baseline: (labels): Baseline => ({ name: 'mean', score: Math.fround(meanOf(labels)) }),
    shortage: (labels) => (labels.every((value) => value === labels[0]) ? 'all labels are equal' : null),
    gateTolerance: { share: TOLERATED_SHARE },
  };
  const { quantiles = [], interval } = checked.options;
  const levels = levelsOf(quantiles, interval);
  const task = levels.length === 0 ? base : withQuantiles(base, levels, objective, interval);
  const tooMany =
    levels.length > QUANTILES_MAX
      ? [
          [
            'quantiles',
            `with the ends of the interval there are ${levels.length}, and ${QUANTILES_MAX} are possible`,
          ] as const,
        ]
      : [];
  const problems = [...checked.problems, ...tooMany];
  return defined(task, { given: options, options: OPTIONS, problems });
}
