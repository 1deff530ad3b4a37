// Totals and latencies of this engine's run (hot path adds to it, once a batch).
import { build, type Histogram } from 'hdr-histogram-js';
import { FLAG_FALLBACK, type LabelBlock, type PredictionBlock } from '../../core/blocks.ts';

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

export class RunStats {
  events = 0;
  deadLetters = 0;
  late = 0;
  duplicates = 0;
  /** Dropped by filters and by stages of the topology's own. */
  filtered = 0;
  /** Whether a task continued from a checkpoint: labels then join predictions of an earlier run. */
  resumed = false;
  predictions = 0;
  fallbacks = 0;
  labelsJoined = 0;
  labelsNever = 0;
  /**
   * From the engine's receipt of an event to its prediction reaching the sinks. In aligned mode partitions wait on
   * purpose, so there it is measured from the start of the event's micro-batch.
   */
  readonly latency: Histogram = latencyHistogram();

  /** @param sinceMs start of the latency, performance.now() */
  addPredictions(block: PredictionBlock, sinceMs: number): void {
    this.predictions += block.count;
    for (const flags of block.flags) if ((flags & FLAG_FALLBACK) !== 0) this.fallbacks += 1;
    const micros = (performance.now() - sinceMs) * MICROS_PER_MS;
    this.latency.recordValueWithCount(
      Math.max(1, Math.min(LATENCY_MICROS_MAX, Math.round(micros))),
      block.count,
    );
  }

  /** Returns the numbers that were added. */
  addLabels(block: LabelBlock): { readonly joined: number; readonly never: number } {
    let never = 0;
    for (const label of block.labels) if (Number.isNaN(label)) never += 1;
    const joined = block.count - never;
    this.labelsNever += never;
    this.labelsJoined += joined;
    return { joined, never };
  }
}
