// How a metric of the engine is declared (control path).

export interface MetricSpec {
  /** `duration` is a histogram, with its percentiles as a second metric `<name>_quantile`. */
  readonly kind: 'counter' | 'gauge' | 'duration';
  readonly labels: readonly string[];
  readonly meaning: string;
  /** By default the one that the name ends in. */
  readonly unit?: string;
}

export function counter(meaning: string, ...labels: string[]): MetricSpec {
  return { kind: 'counter', labels, meaning };
}
export function gauge(meaning: string, ...labels: string[]): MetricSpec {
  return { kind: 'gauge', labels, meaning };
}
export function duration(meaning: string, ...labels: string[]): MetricSpec {
  return { kind: 'duration', labels, meaning };
}

export type MetricGroup = Readonly<Record<string, MetricSpec>>;
