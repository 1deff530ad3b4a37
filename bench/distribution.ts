// Summary of a latency histogram (control path).
import type { Histogram } from 'hdr-histogram-js';

const MICROS_PER_MS = 1_000;

/** Milliseconds; zeros where nothing was recorded. */
export interface Distribution {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** @param of microseconds */
export function distributionOf(histogram: Histogram): Distribution {
  const at = (percentile: number): number => histogram.getValueAtPercentile(percentile) / MICROS_PER_MS;
  return {
    count: histogram.totalCount,
    p50: at(50),
    p90: at(90),
    p99: at(99),
    p999: at(99.9),
    max: histogram.totalCount === 0 ? 0 : histogram.maxValue / MICROS_PER_MS,
  };
}
