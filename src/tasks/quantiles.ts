// A value with quantiles of what it may turn out to be (control path): what regression() adds to itself for them.
import { pinballLoss } from '../stats/pinball-loss.ts';
import { QuantileQuality } from '../stats/quantile-quality.ts';
import { sampleQuantile } from '../stats/quantile.ts';
import { SummedFigures } from './summed-figures.ts';
import type { Baseline, FigureSpec, Objective, Task, TaskLoss, TaskOutput } from './task.ts';

export type ValueObjective = Extract<Objective, { kind: 'quantiles' }>['value'];

/** Levels of the ends of an interval. */
function endsOf(interval: number): [number, number] {
  // Without the rounding of 0.05 to 0.04999999999999999.
  const below = Number(((1 - interval) / 2).toPrecision(12));
  return [below, Number((1 - below).toPrecision(12))];
}

/** Ascending, with the ends of the interval, if there is one. */
export function levelsOf(quantiles: readonly number[], interval: number | undefined): number[] {
  const ends = interval === undefined ? [] : endsOf(interval);
  return [...new Set([...quantiles, ...ends])].sort((a, b) => a - b);
}

function intervalOf(levels: readonly number[], share: number): NonNullable<TaskOutput['interval']> {
  const [from, to] = endsOf(share);
  return { share, from: levels.indexOf(from), to: levels.indexOf(to) };
}

/** `0.05` as figures have it: q05. */
function levelName(level: number): string {
  return `q${String(level)
    .replace(/^0?\./, '')
    .replace(/[^0-9]/g, '')}`;
}

/** Indices of the levels between which labels are counted: the interval, or all quantiles. */
function countedEnds({ quantiles = [], interval }: TaskOutput): [number, number] {
  return [interval?.from ?? 0, interval?.to ?? quantiles.length - 1];
}

function figuresOf(output: TaskOutput, [mae]: readonly FigureSpec[]): FigureSpec[] {
  const { quantiles: levels = [] } = output;
  const { digits = 4, significant = true, unit } = mae ?? {};
  const inUnit = { digits, significant, ...(unit === undefined ? {} : { unit }) };
  const share = { better: null, digits: 4, headline: false };
  const [low, high] = countedEnds(output).map((k) => levels[k]);
  const between: FigureSpec[] = [
    {
      name: 'coverage',
      title: `coverage of ${low} to ${high}`,
      ...share,
      headline: output.interval !== undefined,
    },
    { name: 'width', title: `mean width of ${low} to ${high}`, better: 'lower', ...inUnit, headline: false },
  ];
  return [
    { name: 'pinball', title: 'pinball loss', better: 'lower', ...inUnit, headline: true },
    ...(levels.length === 1 ? [] : between),
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

  constructor(output: TaskOutput) {
    const { quantiles = [] } = output;
    super(new QuantileQuality(quantiles, countedEnds(output)));
    this.#levels = quantiles;
  }

  add(value: number, label: number, evidence: ArrayLike<number> = [], at = 0): void {
    this.rows.add(value, label, evidence, at);
  }

  remove(value: number, label: number, evidence: ArrayLike<number> = [], at = 0): void {
    this.rows.remove(value, label, evidence, at);
  }

  figures(): Record<string, number> {
    const { count: _count, pinballs, shares, coverage, width, ...figures } = this.rows.metrics();
    const each = this.#levels.flatMap((level, k): Array<[string, number]> => {
      const name = levelName(level).toUpperCase();
      return [
        [`pinball${name}`, pinballs[k] as number],
        [`share${name}`, shares[k] as number],
      ];
    });
    return {
      ...figures,
      ...(this.#levels.length === 1 ? {} : { coverage, width }),
      ...Object.fromEntries(each),
    };
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

/** The task of the same label with a quantile for each level. @param interval the share of labels between the levels of its ends */
export function withQuantiles<Reads extends string>(
  task: Task<Reads>,
  levels: readonly number[],
  value: ValueObjective,
  interval?: number,
): Task<Reads> {
  const output: TaskOutput = {
    ...task.output,
    quantiles: levels,
    ...(interval === undefined ? {} : { interval: intervalOf(levels, interval) }),
  };
  return {
    ...task,
    name: 'quantile-regression',
    output,
    objective: { kind: 'quantiles', value, levels },
    loss: lossOf(levels, task.loss),
    figures: [...task.figures, ...figuresOf(output, task.figures)],
    accumulator: () => new QuantileFigures(output),
    baseline(labels): Baseline {
      const { score } = task.baseline(labels);
      const ascending = labels.toSorted();
      const quantiles = levels.map((level) => sampleQuantile(ascending, level));
      return { name: 'mean and quantiles', score, outputs: Float32Array.of(score, ...quantiles) };
    },
  };
}
