// A value with quantiles of what it may turn out to be (control path): what regression() adds to itself for them.
import { pinballLoss } from '../stats/pinball-loss.ts';
import { QuantileQuality } from '../stats/quantile-quality.ts';
import { sampleQuantile } from '../stats/quantile.ts';
import { SummedFigures } from './summed-figures.ts';
import type { Baseline, FigureSpec, Objective, Task, TaskLoss } from './task.ts';

export type ValueObjective = Extract<Objective, { kind: 'quantiles' }>['value'];

/** `0.05` as figures have it: q05. */
function levelName(level: number): string {
  return `q${String(level)
    .replace(/^0?\./, '')
    .replace(/[^0-9]/g, '')}`;
}

function figuresOf(levels: readonly number[], [mae]: readonly FigureSpec[]): FigureSpec[] {
  const { digits = 4, significant = true, unit } = mae ?? {};
  const inUnit = { digits, significant, ...(unit === undefined ? {} : { unit }) };
  const share = { better: null, digits: 4, headline: false };
  const [low, high] = [levels[0], levels.at(-1)];
  return [
    { name: 'pinball', title: 'pinball loss', better: 'lower', ...inUnit, headline: true },
    ...(levels.length === 1 ? [] : [{ name: 'coverage', title: `coverage of ${low} to ${high}`, ...share }]),
    ...levels.flatMap((level): FigureSpec[] => [
      {
        name: `pinball${levelName(level).toUpperCase()}`,
        title: `pinball loss of ${level}`,
        better: 'lower',
        ...inUnit,
        headline: false,
      },
      {
        name: `share${levelName(level).toUpperCase()}`,
        title: `labels up to the ${level} quantile`,
        ...share,
      },
    ]),
  ];
}

class QuantileFigures extends SummedFigures<QuantileQuality> {
  readonly #levels: readonly number[];

  constructor(levels: readonly number[]) {
    super(new QuantileQuality(levels));
    this.#levels = levels;
  }

  add(value: number, label: number, evidence: ArrayLike<number> = [], at = 0): void {
    this.rows.add(value, label, evidence, at);
  }

  remove(value: number, label: number, evidence: ArrayLike<number> = [], at = 0): void {
    this.rows.remove(value, label, evidence, at);
  }

  figures(): Record<string, number> {
    const { count: _count, pinballs, shares, coverage, ...figures } = this.rows.metrics();
    const each = this.#levels.flatMap((level, k): Array<[string, number]> => {
      const name = levelName(level).toUpperCase();
      return [
        [`pinball${name}`, pinballs[k] as number],
        [`share${name}`, shares[k] as number],
      ];
    });
    return { ...figures, ...(this.#levels.length === 1 ? {} : { coverage }), ...Object.fromEntries(each) };
  }
}

/** Half the absolute error, which is the pinball loss of a median, and those of the quantiles: all in the unit of the label. */
function lossOf(levels: readonly number[], { digits }: TaskLoss): TaskLoss {
  return {
    name: 'pinballLoss',
    title: 'pinball loss of value and quantiles',
    digits,
    significant: true,
    of(value, label, evidence = [], at = 0) {
      let sum = Math.abs(value - label) / 2;
      for (let k = 0; k < levels.length; k += 1) {
        sum += pinballLoss(levels[k] as number, label - (evidence[at + k] as number));
      }
      return sum / (levels.length + 1);
    },
  };
}

/** The task of the same label with a quantile for each level. */
export function withQuantiles<Reads extends string>(
  task: Task<Reads>,
  levels: readonly number[],
  value: ValueObjective,
): Task<Reads> {
  return {
    ...task,
    name: 'quantile-regression',
    output: { ...task.output, quantiles: levels },
    objective: { kind: 'quantiles', value, levels },
    loss: lossOf(levels, task.loss),
    figures: [...task.figures, ...figuresOf(levels, task.figures)],
    accumulator: () => new QuantileFigures(levels),
    baseline(labels): Baseline {
      const { score } = task.baseline(labels);
      const ascending = labels.toSorted();
      const quantiles = levels.map((level) => sampleQuantile(ascending, level));
      return { name: 'mean and quantiles', score, outputs: Float32Array.of(score, ...quantiles) };
    },
  };
}
