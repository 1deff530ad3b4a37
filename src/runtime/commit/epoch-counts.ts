// The counters of one task (hot path, some calls once a batch): what an epoch counts is added to the metrics and to the
// totals of the run once the epoch is committed, and dropped if it fails. A task that restarts, or reads again what an
// earlier run has committed, counts no event twice.
import type { ConditionName } from '../../core/conditions.ts';
import type { RaiseOptions, Telemetry } from '../../ports/telemetry.ts';
import type { RunStats, RunTotals } from '../task/run-stats.ts';

type Labels = Readonly<Record<string, string>>;
type Detail = Readonly<Record<string, unknown>>;

interface Count {
  readonly name: string;
  readonly labels: Labels | undefined;
  by: number;
}

export type Totals = Partial<Record<keyof RunTotals, number>>;

export class EpochCounts implements Telemetry {
  readonly #telemetry: Telemetry;
  readonly #stats: RunStats;
  #counts = new Map<string, Count>();
  #totals: Totals = {};
  /** Whether the events that are being processed were committed by an earlier run, which has counted them. */
  isPublished = false;

  constructor(telemetry: Telemetry, stats: RunStats) {
    this.#telemetry = telemetry;
    this.#stats = stats;
  }

  count(name: string, by: number, labels?: Labels): void {
    if (this.isPublished || by === 0) return;
    let key = name;
    for (const label in labels) key += `\0${labels[label]}`;
    const count = this.#counts.get(key);
    if (count === undefined) this.#counts.set(key, { name, labels, by });
    else count.by += by;
  }

  /** Adds to a total of the run's report. */
  total(name: keyof RunTotals, by: number): void {
    if (!this.isPublished) this.#totals[name] = (this.#totals[name] ?? 0) + by;
  }

  /** Ends the epoch. Call the function that is returned when it is committed; it returns what the epoch has counted. */
  close(): () => Totals {
    const counts = this.#counts;
    const totals = this.#totals;
    this.#counts = new Map();
    this.#totals = {};
    return () => {
      for (const { name, by, labels } of counts.values()) this.#telemetry.count(name, by, labels);
      this.#stats.add(totals);
      return totals;
    };
  }

  gauge(name: string, value: number, labels?: Labels): void {
    this.#telemetry.gauge(name, value, labels);
  }

  removeGauge(name: string, labels: Labels): void {
    this.#telemetry.removeGauge(name, labels);
  }

  observe(name: string, ms: number, labels?: Labels): void {
    this.#telemetry.observe(name, ms, labels);
  }

  raise(name: ConditionName, where: string, reason: string, options?: RaiseOptions): void {
    this.#telemetry.raise(name, where, reason, options);
  }

  clear(name: ConditionName, where: string): void {
    this.#telemetry.clear(name, where);
  }

  info(what: string, detail?: Detail): void {
    this.#telemetry.info(what, detail);
  }

  warn(what: string, detail?: Detail): void {
    this.#telemetry.warn(what, detail);
  }

  error(what: string, detail?: Detail): void {
    this.#telemetry.error(what, detail);
  }
}
