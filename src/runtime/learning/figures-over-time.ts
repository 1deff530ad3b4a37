// Quality over event time (control path): one accumulator per day, for the charts and the figures of a week.
import { QUALITY_PERIODS_MAX } from '../../core/loop-limits.ts';
import { MS_PER_DAY } from '../../core/time.ts';
import type { FigureAccumulator } from '../../tasks/task.ts';

/**
 * Accumulators by periods of event time (UTC days by default), each [start, start + periodMs). Beyond
 * QUALITY_PERIODS_MAX the oldest are dropped.
 */
export class FiguresOverTime {
  readonly #open: () => FigureAccumulator;
  readonly #periodMs: number;
  readonly #periods = new Map<number, FigureAccumulator>();

  /** @param open makes an empty accumulator */
  constructor(open: () => FigureAccumulator, periodMs: number = MS_PER_DAY) {
    this.#open = open;
    this.#periodMs = periodMs;
  }

  /** Returns the start of the period. */
  add(eventTimeMs: number, score: number, label: number, evidence: ArrayLike<number> = [], at = 0): number {
    const startMs = Math.floor(eventTimeMs / this.#periodMs) * this.#periodMs;
    this.#at(startMs).add(score, label, evidence, at);
    return startMs;
  }

  /** Takes out a row that was added, unless its period was dropped. Returns the start of the period. */
  remove(
    eventTimeMs: number,
    score: number,
    label: number,
    evidence: ArrayLike<number> = [],
    at = 0,
  ): number {
    const startMs = Math.floor(eventTimeMs / this.#periodMs) * this.#periodMs;
    const period = this.#periods.get(startMs);
    if (period !== undefined && period.count > 0) period.remove?.(score, label, evidence, at);
    return startMs;
  }

  /** All rows from `fromMs` up to `untilMs` taken together; both are starts of periods. */
  between(fromMs: number, untilMs: number): FigureAccumulator {
    const sum = this.#open();
    // In ascending order, so that rounding is the same in every run.
    const ordered = [...this.#periods].sort(([a], [b]) => a - b);
    for (const [startMs, period] of ordered) if (startMs >= fromMs && startMs < untilMs) sum.merge(period);
    return sum;
  }

  /** Starts of the periods that hold a row, ascending. */
  starts(): number[] {
    return [...this.#periods.keys()].sort((a, b) => a - b);
  }

  /** State of a period's accumulator. */
  snapshot(startMs: number): unknown {
    return this.#periods.get(startMs)?.snapshot?.();
  }

  /** Replaces all periods. @param periods starts with the state of their accumulators */
  restore(periods: ReadonlyArray<readonly [startMs: number, snapshot: unknown]>): void {
    this.#periods.clear();
    for (const [startMs, snapshot] of periods) this.#at(startMs).restore?.(snapshot);
  }

  #at(startMs: number): FigureAccumulator {
    const known = this.#periods.get(startMs);
    if (known !== undefined) return known;
    const period = this.#open();
    this.#periods.set(startMs, period);
    if (this.#periods.size > QUALITY_PERIODS_MAX) this.#periods.delete(Math.min(...this.#periods.keys()));
    return period;
  }
}
