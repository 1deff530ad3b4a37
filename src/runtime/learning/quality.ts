// Prequential quality of the loop and of the frozen first model, on the same rows (control path).
import type { Figures } from '../../core/reports.ts';
import { instantText } from '../../core/time.ts';
import type { JoinedLabels } from '../../operators/observations.ts';
import { isScore } from '../../tasks/check.ts';
import { accumulatedFigures } from '../../tasks/figures.ts';
import type { FigureAccumulator, Task } from '../../tasks/task.ts';
import { FiguresOverTime } from './figures-over-time.ts';
import { isUsable } from './usable-label.ts';

export interface MonthFigures {
  /** `2013-02`, UTC, of the prediction. */
  readonly month: string;
  readonly loop: Figures;
  readonly frozen: Figures;
}

/** The year may have a sign and six digits. */
function monthOf(timeMs: number): string {
  return instantText(timeMs).slice(0, -17);
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

  /** Returns how many labels were left out because they are unusable. */
  add(joined: JoinedLabels): number {
    let unusable = 0;
    for (let i = 0; i < joined.labels.length; i++) {
      const label = joined.labels[i] as number;
      const score = joined.scores[i] as number;
      const shadowScore = joined.shadowScores[i] as number;
      const timeMs = joined.predictionTimeMs[i] as number;
      if (joined.fallback[i] === true) continue;
      if (!isUsable(joined, i, this.#task)) {
        unusable += 1;
        continue;
      }
      this.#version(joined.versions[i] as string).add(score, label);
      if (!isScore(shadowScore, this.#task.output)) continue;
      for (const { loop, frozen } of [this.#total, this.#month(monthOf(timeMs))]) {
        loop.add(score, label);
        frozen.add(shadowScore, label);
      }
      this.#days.loop.add(timeMs, score, label);
      this.#days.frozen.add(timeMs, shadowScore, label);
    }
    return unusable;
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
