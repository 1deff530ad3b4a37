// Totals and latencies of this engine's run (hot path adds to it, once a batch).
import { build, type Histogram } from 'hdr-histogram-js';
import { FLAG_ALERT, FLAG_FALLBACK, type PredictionBlock } from '../../core/blocks.ts';

const MICROS_PER_MS = 1_000;
const LATENCY_MICROS_MAX = 600_000_000;

export interface LatencyMs {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** A latency histogram in microseconds, three significant digits. */
export function latencyHistogram(): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: LATENCY_MICROS_MAX,
    numberOfSignificantValueDigits: 3,
  });
}

/** Percentiles in ms; zeros if nothing was recorded. */
export function percentilesMs(histogram: Histogram): LatencyMs {
  if (histogram.totalCount === 0) return { p50: 0, p99: 0, p999: 0, max: 0 };
  const at = (percentile: number): number => histogram.getValueAtPercentile(percentile) / MICROS_PER_MS;
  return { p50: at(50), p99: at(99), p999: at(99.9), max: histogram.maxValue / MICROS_PER_MS };
}

/** Numbers of what this run has committed. */
export interface RunTotals {
  events: number;
  deadLetters: number;
  late: number;
  duplicates: number;
  /** Dropped by filters and by stages of the topology's own. */
  filtered: number;
  predictions: number;
  fallbacks: number;
  /** Of a task without labels. */
  alerts: number;
  labelsJoined: number;
  labelsNever: number;
}

export class RunStats implements RunTotals {
  events = 0;
  deadLetters = 0;
  late = 0;
  duplicates = 0;
  filtered = 0;
  /** Whether a task continued from a checkpoint: labels then join predictions of an earlier run. */
  resumed = false;
  predictions = 0;
  fallbacks = 0;
  alerts = 0;
  labelsJoined = 0;
  labelsNever = 0;
  /**
   * From the engine's receipt of an event to its prediction reaching the sinks. In aligned mode partitions wait on
   * purpose, so there it is measured from the start of the event's micro-batch.
   */
  readonly latency: Histogram = latencyHistogram();

  /** Adds what an epoch has counted. */
  add(totals: Partial<RunTotals>): void {
    for (const [name, by] of Object.entries(totals) as Array<[keyof RunTotals, number]>) this[name] += by;
  }

  /** @param sinceMs start of the latency, performance.now() */
  addLatency({ count }: PredictionBlock, sinceMs: number): void {
    const micros = (performance.now() - sinceMs) * MICROS_PER_MS;
    this.latency.recordValueWithCount(Math.max(1, Math.min(LATENCY_MICROS_MAX, Math.round(micros))), count);
  }
}

/** Predictions of a block with the declared fallback value. */
export function fallbacksOf(block: PredictionBlock): number {
  return flagged(block, FLAG_FALLBACK);
}

/** Predictions of a block that are alerts. */
export function alertsOf(block: PredictionBlock): number {
  return flagged(block, FLAG_ALERT);
}

function flagged({ flags: all }: PredictionBlock, flag: number): number {
  let rows = 0;
  for (const flags of all) if ((flags & flag) !== 0) rows += 1;
  return rows;
}
