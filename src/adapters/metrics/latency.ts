// Latency percentiles by HDR histograms (hot path, once a batch): three significant digits from 1 µs to 1 min.
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

function read(of: Histogram): Percentiles | null {
  if (of.totalCount === 0) return null;
  const at = (percent: number): number => of.getValueAtPercentile(percent) / US_PER_MS;
  return { n: of.totalCount, p50: at(50), p99: at(99), p999: at(99.9), max: of.maxValue / US_PER_MS };
}

export class LatencyRecorder {
  readonly #total: Histogram = open();
  readonly #interval: Histogram = open();

  /** Longer ones than a minute count as a minute. */
  record(ms: number): void {
    const us = Math.min(HIGHEST_US, Math.max(1, Math.round(ms * US_PER_MS)));
    this.#total.recordValue(us);
    this.#interval.recordValue(us);
  }

  /** Since the start; null before the first. */
  total(): Percentiles | null {
    return read(this.#total);
  }

  /** Since the last call of it, for one reader who draws a line over time; null where nothing came. */
  takeInterval(): Percentiles | null {
    const percentiles = read(this.#interval);
    this.#interval.reset();
    return percentiles;
  }
}
