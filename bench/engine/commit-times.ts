// How long epochs take to commit (control path): events wait meanwhile, so it is a part of their latency.
import type { Histogram } from 'hdr-histogram-js';
import type { ConditionName } from '../../src/core/conditions.ts';
import type { RaiseOptions, Telemetry } from '../../src/ports/telemetry.ts';
import { latencyHistogram, percentilesMs, type LatencyMs } from '../../src/runtime/task/run-stats.ts';

type Labels = Readonly<Record<string, string>>;

const MICROS_PER_MS = 1_000;

/** The telemetry that it is given, listened to. */
export class CommitTimes implements Telemetry {
  readonly #inner: Telemetry;
  readonly #histogram: Histogram = latencyHistogram();

  constructor(inner: Telemetry) {
    this.#inner = inner;
  }

  get commits(): { readonly count: number; readonly ms: LatencyMs } {
    return { count: this.#histogram.totalCount, ms: percentilesMs(this.#histogram) };
  }

  /** Resets: times before this were not a steady run. */
  reset(): void {
    this.#histogram.reset();
  }

  observe(name: string, ms: number, labels?: Labels): void {
    if (name === 'epoch_commit_duration_seconds') {
      this.#histogram.recordValue(Math.max(1, Math.round(ms * MICROS_PER_MS)));
    }
    this.#inner.observe(name, ms, labels);
  }

  count(name: string, by: number, labels?: Labels): void {
    this.#inner.count(name, by, labels);
  }

  gauge(name: string, value: number, labels?: Labels): void {
    this.#inner.gauge(name, value, labels);
  }

  removeGauge(name: string, labels: Labels): void {
    this.#inner.removeGauge(name, labels);
  }

  raise(name: ConditionName, where: string, reason: string, options?: RaiseOptions): void {
    this.#inner.raise(name, where, reason, options);
  }

  clear(name: ConditionName, where: string): void {
    this.#inner.clear(name, where);
  }

  info(what: string, detail?: Readonly<Record<string, unknown>>): void {
    this.#inner.info(what, detail);
  }

  warn(what: string, detail?: Readonly<Record<string, unknown>>): void {
    this.#inner.warn(what, detail);
  }

  error(what: string, detail?: Readonly<Record<string, unknown>>): void {
    this.#inner.error(what, detail);
  }
}
