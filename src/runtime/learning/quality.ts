// Prequential quality of the loop and of the frozen first model beside it, on the same rows (control path).
import type { JoinedLabels } from '../../operators/observations.ts';
import { PrequentialOverTime } from '../../stats/prequential-over-time.ts';
import { Prequential, type QualityMetrics } from '../../stats/prequential.ts';

export interface Figures {
  readonly n: number;
  /** Null where undefined: no row, or one class only. */
  readonly logLoss: number | null;
  readonly auc: number | null;
  /** At a threshold of 0.5; null where nothing is predicted positive, or nothing is. */
  readonly precision: number | null;
  readonly recall: number | null;
  /** Expected calibration error over ten bins of the score. */
  readonly calibrationError: number | null;
}

export interface MonthFigures {
  /** `2013-02`, UTC, of the prediction. */
  readonly month: string;
  readonly loop: Figures;
  readonly frozen: Figures;
}

function defined(figure: number): number | null {
  return Number.isFinite(figure) ? figure : null;
}

export function figuresOf(of: QualityMetrics): Figures {
  return {
    n: of.count,
    logLoss: defined(of.logLoss),
    auc: defined(of.auc),
    precision: defined(of.precision),
    recall: defined(of.recall),
    calibrationError: defined(of.calibrationError),
  };
}

function monthOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 7);
}

/** Loop and frozen on the rows that both scored: those since the first model took over. */
class Pair {
  readonly loop = new Prequential();
  readonly frozen = new Prequential();

  add(score: number, shadowScore: number, label: number): void {
    this.loop.add(score, label);
    this.frozen.add(shadowScore, label);
  }
}

export class QualityTracker {
  readonly #total = new Pair();
  readonly #months = new Map<string, Pair>();
  readonly #versions = new Map<string, Prequential>();
  readonly #days = { loop: new PrequentialOverTime(), frozen: new PrequentialOverTime() };

  add(joined: JoinedLabels): void {
    for (let i = 0; i < joined.labels.length; i++) {
      const label = joined.labels[i] as number;
      const score = joined.scores[i] as number;
      const shadowScore = joined.shadowScores[i] as number;
      const timeMs = joined.predictionTimeMs[i] as number;
      if (joined.fallback[i] === true) continue;
      this.#version(joined.versions[i] as string).add(score, label);
      if (Number.isNaN(shadowScore)) continue;
      this.#total.add(score, shadowScore, label);
      this.#month(monthOf(timeMs)).add(score, shadowScore, label);
      this.#days.loop.add(timeMs, score, label);
      this.#days.frozen.add(timeMs, shadowScore, label);
    }
  }

  #version(version: string): Prequential {
    const known = this.#versions.get(version) ?? new Prequential();
    this.#versions.set(version, known);
    return known;
  }

  #month(month: string): Pair {
    const known = this.#months.get(month) ?? new Pair();
    this.#months.set(month, known);
    return known;
  }

  loop(): Figures {
    return figuresOf(this.#total.loop.metrics());
  }

  frozen(): Figures {
    return figuresOf(this.#total.frozen.metrics());
  }

  version(version: string): Figures {
    return figuresOf((this.#versions.get(version) ?? new Prequential()).metrics());
  }

  byMonth(): MonthFigures[] {
    return [...this.#months]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([month, { loop, frozen }]) => ({
        month,
        loop: figuresOf(loop.metrics()),
        frozen: figuresOf(frozen.metrics()),
      }));
  }

  /** Both over [fromMs, untilMs), whole days. */
  between(fromMs: number, untilMs: number): { readonly loop: Figures; readonly frozen: Figures } {
    return {
      loop: figuresOf(this.#days.loop.between(fromMs, untilMs).metrics()),
      frozen: figuresOf(this.#days.frozen.between(fromMs, untilMs).metrics()),
    };
  }
}
