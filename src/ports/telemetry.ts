// Port: metrics, log lines and conditions (hot path once per batch, never once per event).
import type { ConditionName } from '../core/conditions.ts';

export interface RaiseOptions {
  /** Whether `/readyz` answers 503 while the condition lasts; by default it only lists it. */
  readonly blocksReadiness?: boolean;
}

export interface Telemetry {
  /** Adds to a counter. The engine's metrics have the names in docs/metrics.md, without the `millrace_` prefix. */
  count(name: string, by: number, labels?: Readonly<Record<string, string>>): void;
  gauge(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
  /** Removes a gauge's series: what it measured is gone, as a partition is that was revoked. */
  removeGauge(name: string, labels: Readonly<Record<string, string>>): void;
  /** Records a duration, ms. */
  observe(name: string, ms: number, labels?: Readonly<Record<string, string>>): void;
  /**
   * Reports that something goes wrong and lasts until `clear`: a log line at `warn`, at most one each 30 s for a name and
   * place, a gauge, and an entry in `/readyz`. Call it each time that the cause is observed.
   * @param where from a bounded set: a partition, a service, a stage; never a value of an event
   * @param reason for the operator: the newest one is shown
   */
  raise(name: ConditionName, where: string, reason: string, options?: RaiseOptions): void;
  /** Ends a condition; no effect if it is not raised. */
  clear(name: ConditionName, where: string): void;
  info(what: string, detail?: Readonly<Record<string, unknown>>): void;
  warn(what: string, detail?: Readonly<Record<string, unknown>>): void;
  error(what: string, detail?: Readonly<Record<string, unknown>>): void;
}
