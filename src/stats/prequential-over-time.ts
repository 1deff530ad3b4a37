// Quality over event time (control path): one accumulator a day, for the charts and the monthly figures.
import { QUALITY_PERIODS_MAX } from '../core/limits.ts';
import { Prequential } from './prequential.ts';
import type { PrequentialOptions, QualityMetrics } from './prequential.ts';

export interface QualityPeriod extends QualityMetrics {
  /** Start of the period, event time, ms. */
  readonly startMs: number;
}

export interface QualityOverTimeSnapshot {
  readonly periods: ReadonlyArray<{ readonly startMs: number; readonly slab: Float64Array }>;
}

const DAY_MS = 86_400_000;

/**
 * Prequential metrics by periods of event time (UTC days by default), each [start, start + periodMs). Beyond
 * QUALITY_PERIODS_MAX the oldest are let go.
 *
 * @example
 * ```ts
 * const quality = new PrequentialOverTime();
 * quality.add(Date.UTC(2013, 0, 1, 23), 0.9, 1);
 * quality.add(Date.UTC(2013, 0, 2, 1), 0.4, 0);
 * quality.periods().map((p) => [new Date(p.startMs).toISOString().slice(0, 10), p.count]) // => [['2013-01-01', 1], ['2013-01-02', 1]]
 * ```
 */
export class PrequentialOverTime {
  readonly #periodMs: number;
  readonly #options: PrequentialOptions;
  readonly #periods = new Map<number, Prequential>();

  /** 256 AUC bins a period by default: thousands of rows, and an error that is reported. */
  constructor(periodMs: number = DAY_MS, options: PrequentialOptions = { aucBins: 256 }) {
    this.#periodMs = periodMs;
    this.#options = options;
  }

  add(eventTimeMs: number, score: number, label: number): void {
    this.#at(Math.floor(eventTimeMs / this.#periodMs) * this.#periodMs).add(score, label);
  }

  /** Adds another's rows, period by period; both have the same period and options. */
  merge(other: PrequentialOverTime): void {
    for (const [startMs, period] of other.#periods) this.#at(startMs).merge(period);
  }

  /** Metrics of each period that holds a row, by start. */
  periods(): QualityPeriod[] {
    return this.#ordered().map(([startMs, period]) => ({ startMs, ...period.metrics() }));
  }

  /** All rows from `fromMs` up to `untilMs` taken together; both are starts of periods. */
  between(fromMs: number, untilMs: number): Prequential {
    const sum = new Prequential(this.#options);
    for (const [startMs, period] of this.#ordered()) {
      if (startMs >= fromMs && startMs < untilMs) sum.merge(period);
    }
    return sum;
  }

  snapshot(): QualityOverTimeSnapshot {
    return { periods: this.#ordered().map(([startMs, period]) => ({ startMs, slab: period.snapshot() })) };
  }

  restore(snapshot: QualityOverTimeSnapshot): void {
    this.#periods.clear();
    for (const { startMs, slab } of snapshot.periods) this.#at(startMs).restore(slab);
  }

  #ordered(): Array<[number, Prequential]> {
    return [...this.#periods].sort(([a], [b]) => a - b);
  }

  #at(startMs: number): Prequential {
    const known = this.#periods.get(startMs);
    if (known !== undefined) return known;
    const period = new Prequential(this.#options);
    this.#periods.set(startMs, period);
    if (this.#periods.size > QUALITY_PERIODS_MAX) this.#periods.delete(Math.min(...this.#periods.keys()));
    return period;
  }
}
