// What a metric of a project is (control path to declare; recorded once per batch). Prometheus serves it beside those of
// the engine, which src/adapters/metrics/metric-names.ts declares.
import { MillraceError } from './errors.ts';

export type MetricKind = 'counter' | 'gauge' | 'duration';

export interface Metric {
  /** As Prometheus serves it. */
  readonly name: string;
  readonly kind: MetricKind;
  readonly labels: readonly string[];
  readonly meaning: string;
}

/** The part of Telemetry that records a metric. */
export interface MetricSink {
  count(name: string, by: number, labels?: Readonly<Record<string, string>>): void;
  gauge(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
  observe(name: string, ms: number, labels?: Readonly<Record<string, string>>): void;
}

/** A value for each label; no argument for a metric without labels. */
type Labels<L extends string> = [L] extends [never] ? [] : [labels: Readonly<Record<L, string>>];

export interface Counter<L extends string = never> extends Metric {
  /** Adds to the count; call it once per batch, not once per event. */
  add(telemetry: MetricSink, by: number, ...labels: Labels<L>): void;
}

export interface Gauge<L extends string = never> extends Metric {
  set(telemetry: MetricSink, value: number, ...labels: Labels<L>): void;
}

export interface Duration<L extends string = never> extends Metric {
  /** @param ms milliseconds; Prometheus serves seconds */
  observe(telemetry: MetricSink, ms: number, ...labels: Labels<L>): void;
}

const NAME = /^[a-z][a-z0-9_]*$/;

function nameProblem(name: string, kind: MetricKind): string | null {
  if (!NAME.test(name)) return 'a metric has lower-case letters, digits and underscores';
  if (name.startsWith('millrace_')) return 'the prefix millrace_ is reserved for the engine';
  if (name.endsWith('_total') !== (kind === 'counter')) return 'counters, and no others, end in _total';
  if (kind === 'duration' && !name.endsWith('_seconds')) return 'a duration ends in _seconds';
  return null;
}

function checked(name: string, kind: MetricKind, meaning: string, labels: readonly string[]): Metric {
  const problem = nameProblem(name, kind) ?? labels.map(labelProblem).find((found) => found !== null) ?? null;
  if (problem !== null) throw new MillraceError('CONFIG_INVALID', problem, { where: `metric ${name}` });
  return { name, kind, labels, meaning };
}

function labelProblem(label: string): string | null {
  return NAME.test(label) ? null : `a label has lower-case letters, digits and underscores: ${label}`;
}

/**
 * Declares a counter: list it in the `metrics` of the topology, stage, sink or route that records it.
 * @throws MillraceError CONFIG_INVALID for a name that is no counter's
 * @example
 * const audited = counter('audit_events_total', 'Events that were audited.', ['region']);
 * audited.add(context.telemetry, batch.rows.length, { region: 'eu' });
 */
export function counter<const L extends string = never>(
  name: string,
  meaning: string,
  labels: readonly L[] = [],
): Counter<L> {
  const add: Counter<L>['add'] = (telemetry, by, ...[values]) => telemetry.count(name, by, values);
  return { ...checked(name, 'counter', meaning, labels), add };
}

/** Declares a gauge: a value that goes up and down. See `counter`. */
export function gauge<const L extends string = never>(
  name: string,
  meaning: string,
  labels: readonly L[] = [],
): Gauge<L> {
  const set: Gauge<L>['set'] = (telemetry, value, ...[values]) => telemetry.gauge(name, value, values);
  return { ...checked(name, 'gauge', meaning, labels), set };
}

/** Declares a histogram of durations, served with percentiles as a second metric `<name>_quantile`. See `counter`. */
export function duration<const L extends string = never>(
  name: string,
  meaning: string,
  labels: readonly L[] = [],
): Duration<L> {
  const observe: Duration<L>['observe'] = (telemetry, ms, ...[values]) => telemetry.observe(name, ms, values);
  return { ...checked(name, 'duration', meaning, labels), observe };
}
