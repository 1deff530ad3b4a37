// Prequential quality of the loop and of the frozen first model, on the same rows (control path).
import type { Figures } from '../../core/reports.ts';
import type { JoinedLabels } from '../../operators/observations.ts';
import { accumulatedFigures } from '../../tasks/figures.ts';
import type { FigureAccumulator, Task } from '../../tasks/task.ts';
import { FiguresOverTime } from './figures-over-time.ts';

export interface MonthFigures {
  /** `2013-02`, UTC, of the prediction. */
  readonly month: string;
  readonly loop: Figures;
  readonly frozen: Figures;
}

function monthOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 7);
}

/** Loop and frozen on the rows that both have scored: those since the first promotion. */
interface Pair {
  readonly loop: FigureAccumulator;
  readonly frozen: FigureAccumulator;
}

export class QualityTracker {
  readonly #task: Task;
  readonly #total: Pair;
  readonly #months = new Map<string, Pair>();
  readonly #versions = new Map<string, FigureAccumulator>();
  readonly #days: { readonly loop: FiguresOverTime; readonly frozen: FiguresOverTime };

  constructor(task: Task) {
    this.#task = task;
    this.#total = this.#pair();
    const open = (): FigureAccumulator => task.accumulator('coarse');
    this.#days = { loop: new FiguresOverTime(open), frozen: new FiguresOverTime(open) };
  }

  add(joined: JoinedLabels): void {
    for (let i = 0; i < joined.labels.length; i++) {
      const label = joined.labels[i] as number;
      const score = joined.scores[i] as number;
      const shadowScore = joined.shadowScores[i] as number;
      const timeMs = joined.predictionTimeMs[i] as number;
      if (joined.fallback[i] === true) continue;
      this.#version(joined.versions[i] as string).add(score, label);
      if (Number.isNaN(shadowScore)) continue;
      for (const { loop, frozen } of [this.#total, this.#month(monthOf(timeMs))]) {
        loop.add(score, label);
        frozen.add(shadowScore, label);
      }
      this.#days.loop.add(timeMs, score, label);
      this.#days.frozen.add(timeMs, shadowScore, label);
    }
  }

  #pair(): Pair {
    return { loop: this.#task.accumulator('fine'), frozen: this.#task.accumulator('fine') };
  }

  #version(version: string): FigureAccumulator {
    const known = this.#versions.get(version) ?? this.#task.accumulator('fine');
    this.#versions.set(version, known);
    return known;
  }

  #month(month: string): Pair {
    const known = this.#months.get(month) ?? this.#pair();
    this.#months.set(month, known);
    return known;
  }

  loop(): Figures {
    return accumulatedFigures(this.#total.loop);
  }

  frozen(): Figures {
    return accumulatedFigures(this.#total.frozen);
  }

  version(version: string): Figures {
    return accumulatedFigures(this.#versions.get(version) ?? this.#task.accumulator('fine'));
  }

  byMonth(): MonthFigures[] {
    return [...this.#months]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([month, { loop, frozen }]) => ({
        month,
        loop: accumulatedFigures(loop),
        frozen: accumulatedFigures(frozen),
      }));
  }

  /** Both over [fromMs, untilMs), whole days. */
  between(fromMs: number, untilMs: number): { readonly loop: Figures; readonly frozen: Figures } {
    return {
      loop: accumulatedFigures(this.#days.loop.between(fromMs, untilMs)),
      frozen: accumulatedFigures(this.#days.frozen.between(fromMs, untilMs)),
    };
  }
}
