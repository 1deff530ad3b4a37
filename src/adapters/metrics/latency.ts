// Latency percentiles by HDR histograms (hot path, once per batch): three significant digits from 1 µs to 1 min.
import { build, type Histogram } from 'hdr-histogram-js';

const US_PER_MS = 1_000;
const HIGHEST_US = 60_000_000;

/** In milliseconds. */
export interface Percentiles {
  readonly n: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

function open(): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_US,
    numberOfSignificantValueDigits: 3,
  });
}

function read(histogram: Histogram): Percentiles | null {
  const { totalCount: n, maxValue } = histogram;
  if (n === 0) return null;
  const at = (percent: number): number => histogram.getValueAtPercentile(percent) / US_PER_MS;
  return { n, p50: at(50), p99: at(99), p999: at(99.9), max: maxValue / US_PER_MS };
}

export class LatencyRecorder {
  readonly #total: Histogram = open();
  readonly #interval: Histogram = open();

  /** Durations above a minute count as a minute. */
  record(ms: number): void {
    const us = Math.min(HIGHEST_US, Math.max(1, Math.round(ms * US_PER_MS)));
    this.#total.recordValue(us);
    this.#interval.recordValue(us);
  }

  /** Since the start; null before the first. */
  total(): Percentiles | null {
    return read(this.#total);
  }

  /** Since the last call, for a single reader that plots it over time; null if nothing was recorded. */
  takeInterval(): Percentiles | null {
    const percentiles = read(this.#interval);
    this.#interval.reset();
    return percentiles;
  }
}
