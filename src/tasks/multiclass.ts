// One of several classes (control path): the model returns a probability for each, and the score is that of the top class.
import type { DictColumn, NumberColumn } from '../core/batch.ts';
import { anyColumn, type AnyRead } from '../core/columns.ts';
import { NULL_CODE } from '../core/dictionary.ts';
import { defined } from '../core/definition.ts';
import { CLASSES_MAX } from '../core/loop-limits.ts';
import { checkedOptions, column as columnCheck, required, shown } from '../core/option-checks.ts';
import type { OptionChecks } from '../core/option-checks.ts';
import { ClassQuality } from '../stats/class-quality.ts';
import type { Confusion } from '../stats/confusion.ts';
import { logLoss } from '../stats/log-loss.ts';
import { SummedFigures } from './summed-figures.ts';
import type { Baseline, FigureSpec, LabelReader, Task } from './task.ts';

export interface MulticlassOptions<C extends string = string> {
  /** The column that has the class, a string or a number; null is no label. */
  readonly column: C;
  /** The classes in the order of the model's outputs, 2 to 1,000. What is logged has their numbers: add new ones at the end. */
  readonly classes: ReadonlyArray<string | number>;
}

const figures: readonly FigureSpec[] = [
  { name: 'logLoss', title: 'log loss', better: 'lower', digits: 4, headline: true },
  { name: 'accuracy', title: 'accuracy', better: 'higher', digits: 4, headline: true },
  { name: 'macroF1', title: 'macro F1', better: 'higher', digits: 4, headline: true },
  { name: 'weightedF1', title: 'weighted F1', better: 'higher', digits: 4, headline: false },
  // The sum over the classes, from 0 to 2.
  { name: 'brier', title: 'Brier score', better: 'lower', digits: 4, headline: false },
  // Of the top class, over ten bins of its probability.
  { name: 'calibrationError', title: 'calibration error', better: 'lower', digits: 4, headline: false },
];

/** Of a label and a wrong class: as for the areas of a binary task, days have fewer. */
const PAIRS = { fine: 4_096, coarse: 1_024 };

class MulticlassFigures extends SummedFigures<ClassQuality> {
  readonly #names: readonly string[];

  constructor(names: readonly string[], resolution: 'fine' | 'coarse') {
    super(new ClassQuality(names.length, PAIRS[resolution]));
    this.#names = names;
  }

  add(score: number, label: number, evidence: ArrayLike<number> = [], at = 0): void {
    const [ofLabel, top, squares] = [evidence[at], evidence[at + 1], evidence[at + 2]];
    this.rows.add(score, ofLabel as number, top as number, label, squares ?? Number.NaN);
  }

  remove(score: number, label: number, evidence: ArrayLike<number> = [], at = 0): void {
    const [ofLabel, top, squares] = [evidence[at], evidence[at + 1], evidence[at + 2]];
    this.rows.remove(score, ofLabel as number, top as number, label, squares ?? Number.NaN);
  }

  confusion(): Confusion {
    return this.rows.confusion(this.#names);
  }

  figures(): Record<string, number> {
    const { count: _count, ...metrics } = this.rows.metrics();
    return metrics;
  }
}

/** An Infinity is a label that cannot be used, which the labels stage counts: a class that is not declared. */
function classLabel<C extends string>(column: C, names: readonly string[]): LabelReader<AnyRead<C>> {
  const indices = new Map(names.map((name, i) => [name, i]));
  const indexOf = (name: string): number => indices.get(name) ?? Number.POSITIVE_INFINITY;
  return {
    reads: column === '' ? [] : [anyColumn(column)],
    open(columns): (row: number) => number {
      // Checked when the topology starts: there is such a column, and it is no list.
      const labels = columns[column] as DictColumn | NumberColumn;
      if (labels.kind === 'number') {
        const { values } = labels;
        return (row) => {
          const value = values[row] as number;
          return Number.isNaN(value) ? value : indexOf(String(value));
        };
      }
      const { codes, dictionary } = labels;
      return (row) => {
        const code = codes[row] as number;
        return code === NULL_CODE ? Number.NaN : indexOf(dictionary.decode(code) as string);
      };
    },
  };
}

const OPTIONS: OptionChecks<MulticlassOptions> = {
  column: required(columnCheck, "'kind'"),
  classes: required(classesCheck, "['sedan', 'van']"),
};

function classesCheck(value: unknown): string | null {
  const isClass = (name: unknown): boolean =>
    (typeof name === 'string' && name !== '') || (typeof name === 'number' && Number.isFinite(name));
  if (!Array.isArray(value) || !value.every(isClass))
    return `${shown(value)} is no list of classes, which are strings or numbers`;
  if (value.length < 2 || value.length > CLASSES_MAX)
    return `it has ${value.length} classes, and 2 to ${CLASSES_MAX} are possible`;
  return new Set(value.map(String)).size === value.length ? null : 'it has a class twice';
}

function shares(labels: Float32Array, classes: number): Float32Array {
  const counts = new Float64Array(classes);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return Float32Array.from(counts, (count) => count / labels.length);
}

/**
 * One of several classes. Loss: log loss. Figures: log loss, accuracy, macro and weighted F1, Brier score, confusion, calibration
 * error of the top class.
 * The first model must beat the shares of the classes.
 *
 * @example labels({ key: 'id', task: multiclass({ column: 'kind', classes: ['sedan', 'van', 'truck'] }) })
 */
export function multiclass<const C extends string>(options: MulticlassOptions<C>): Task<AnyRead<C>> {
  const checked = checkedOptions<MulticlassOptions<C>>(options, OPTIONS);
  const { column = '' as C, classes: given = ['a', 'b'] } = checked.options; // without them it is refused
  const classes = given.map(String);
  const even = 1 / classes.length;
  const task: Task<AnyRead<C>> = {
    name: 'multiclass',
    output: { name: 'probability of the class', low: 0, high: 1, classes },
    label: classLabel(column, classes),
    fallback: even,
    objective: { kind: 'cross-entropy', classes: classes.length },
    loss: {
      name: 'logLoss',
      title: 'log loss',
      digits: 4,
      of: (_score, _label, evidence = [], at = 0) => logLoss(evidence[at] as number, 1),
    },
    isError: (_score, label, evidence = [], at = 0) => evidence[at + 1] !== label,
    figures,
    accumulator: (resolution) => new MulticlassFigures(classes, resolution),
    baseline(labels): Baseline {
      const outputs = shares(labels, classes.length);
      return { name: 'class shares', score: Math.max(...outputs), outputs };
    },
    shortage: (labels) =>
      labels.every((label) => label === labels[0]) ? 'all labels are of one class' : null,
    gateTolerance: 0.005,
  };
  return defined(task, { given: options, options: OPTIONS, problems: checked.problems });
}
