// The telemetry port on prom-client, hdr-histogram-js and pino (hot path in count and observe, once per batch).
import type { Logger } from 'pino';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ConditionName, RaisedCondition } from '../../core/conditions.ts';
import { MillraceError } from '../../core/errors.ts';
import type { Metric } from '../../core/metric.ts';
import { redacted } from '../../core/secrets.ts';
import type { RaiseOptions, Telemetry } from '../../ports/telemetry.ts';
import { Conditions } from './conditions.ts';
import { LatencyRecorder, type Percentiles } from './latency.ts';
import { type LogLevel, openLogger } from './logger.ts';
import { metrics, NAMESPACE } from './metric-names.ts';
import type { MetricSpec } from './metric-spec.ts';

const MS_PER_SECOND = 1_000;

/** From 50 µs, the scoring of one row, to 10 s, a training; neighbours differ by a factor of 2 to 2.5. */
const BUCKETS_SECONDS = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

type Labels = Readonly<Record<string, string>>;

export interface TelemetryOptions {
  readonly level: LogLevel;
  /** Coloured lines instead of JSON: for a terminal. */
  readonly pretty: boolean;
  /** Throws INVARIANT for a metric that is not declared, for tests; otherwise it is logged once. */
  readonly strict: boolean;
}

export async function openTelemetry(options: TelemetryOptions): Promise<PromTelemetry> {
  return new PromTelemetry(await openLogger(options.level, options.pretty), options.strict);
}

export class PromTelemetry implements Telemetry {
  readonly #log: Logger;
  readonly #strict: boolean;
  readonly #registry = new Registry();
  readonly #counters = new Map<string, Counter>();
  readonly #gauges = new Map<string, Gauge>();
  readonly #histograms = new Map<string, Histogram>();
  readonly #latencies = new Map<string, LatencyRecorder>();
  readonly #unknown = new Set<string>();
  readonly #conditions: Conditions;

  constructor(log: Logger, strict: boolean, nowMs: () => number = Date.now) {
    this.#log = log;
    this.#strict = strict;
    for (const [bare, metric] of Object.entries(metrics)) this.#open(bare, NAMESPACE + bare, metric);
    this.#conditions = new Conditions({
      nowMs,
      warn: (what, detail) => this.warn(what, detail),
      info: (what, detail) => this.info(what, detail),
      changed: (condition, where, isRaised) => {
        if (isRaised) this.gauge('condition', 1, { condition, where });
        else this.removeGauge('condition', { condition, where });
      },
    });
    collectDefaultMetrics({ register: this.#registry, prefix: NAMESPACE });
  }

  /**
   * Serves metrics that a project declares, under their own names.
   * @throws MillraceError CONFIG_INVALID if two metrics have one name, or one has the bare name of a metric of the engine
   */
  declare(declared: readonly Metric[]): void {
    for (const metric of declared) {
      const { name } = metric;
      if (this.#counters.has(name) || this.#gauges.has(name) || this.#histograms.has(name))
        throw new MillraceError('CONFIG_INVALID', 'the name of the metric is taken', {
          where: `metric ${name}`,
          remedy: 'Choose another name, with a prefix of your own.',
        });
      this.#open(name, name, metric);
    }
  }

  #open(bare: string, name: string, { kind, labels: labelNames, meaning: help }: MetricSpec): void {
    const config = { name, help, labelNames, registers: [this.#registry] };
    if (kind === 'counter') this.#counters.set(bare, new Counter(config));
    else if (kind === 'gauge') this.#gauges.set(bare, new Gauge(config));
    else this.#openDuration(bare, config);
  }

  count(name: string, by: number, labels: Labels = {}): void {
    const counter = this.#counters.get(name);
    if (counter === undefined) this.#refuse(name, 'counter');
    else counter.inc(labels, by);
  }

  gauge(name: string, value: number, labels: Labels = {}): void {
    const gauge = this.#gauges.get(name);
    if (gauge === undefined) this.#refuse(name, 'gauge');
    else gauge.set(labels, value);
  }

  removeGauge(name: string, labels: Labels): void {
    const gauge = this.#gauges.get(name);
    if (gauge === undefined) this.#refuse(name, 'gauge');
    else gauge.remove(labels);
  }

  raise(name: ConditionName, where: string, reason: string, options?: RaiseOptions): void {
    this.#conditions.raise(name, where, reason, options);
  }

  clear(name: ConditionName, where: string): void {
    this.#conditions.clear(name, where);
  }

  /** The conditions that last, those that block readiness first. */
  conditions(): RaisedCondition[] {
    return this.#conditions.raised();
  }

  observe(name: string, ms: number, labels: Labels = {}): void {
    const histogram = this.#histograms.get(name);
    if (histogram === undefined) {
      this.#refuse(name, 'duration');
      return;
    }
    histogram.observe(labels, ms / MS_PER_SECOND);
    this.#latencies.get(name)?.record(ms);
  }

  /** Percentiles of a duration since the start, all labels together; null before the first. */
  percentiles(name: string): Percentiles | null {
    return this.#latencies.get(name)?.total() ?? null;
  }

  /** Percentiles of a duration since the last call, for a single caller. */
  takePercentiles(name: string): Percentiles | null {
    return this.#latencies.get(name)?.takeInterval() ?? null;
  }

  /** Prometheus text. */
  async text(): Promise<string> {
    return redacted(await this.#registry.metrics());
  }

  info(what: string, detail: Readonly<Record<string, unknown>> = {}): void {
    this.#log.info(detail, what);
  }

  warn(what: string, detail: Readonly<Record<string, unknown>> = {}): void {
    this.#log.warn(detail, what);
  }

  error(what: string, detail: Readonly<Record<string, unknown>> = {}): void {
    this.#log.error(detail, what);
  }

  #openDuration(
    bare: string,
    config: { name: string; help: string; labelNames: readonly string[]; registers: Registry[] },
  ): void {
    const latency = new LatencyRecorder();
    this.#latencies.set(bare, latency);
    this.#histograms.set(bare, new Histogram({ ...config, buckets: BUCKETS_SECONDS }));
    const quantiles = new Gauge({
      name: `${config.name}_quantile`,
      help: `${config.help} Percentiles since the start, all labels together.`,
      labelNames: ['quantile'],
      registers: [],
      collect(): void {
        const at = latency.total();
        if (at === null) return;
        this.set({ quantile: '0.5' }, at.p50 / MS_PER_SECOND);
        this.set({ quantile: '0.99' }, at.p99 / MS_PER_SECOND);
        this.set({ quantile: '0.999' }, at.p999 / MS_PER_SECOND);
        this.set({ quantile: '1' }, at.max / MS_PER_SECOND);
      },
    });
    this.#registry.registerMetric(quantiles);
  }

  #refuse(name: string, kind: string): void {
    if (this.#strict) {
      throw new MillraceError('INVARIANT', `no ${kind} is named ${name}`, {
        remedy: 'Declare it in src/adapters/metrics/metric-names.ts, or in the metrics of the topology.',
      });
    }
    if (this.#unknown.has(name)) return;
    this.#unknown.add(name);
    this.#log.warn({ name, kind }, 'a metric that is not declared is left out');
  }
}
