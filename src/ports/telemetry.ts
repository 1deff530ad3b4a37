// Port: metrics and log lines (hot path once per batch, never once per event).

export interface Telemetry {
  /** Adds to a counter. The engine's metrics have the names in docs/metrics.md, without the `millrace_` prefix. */
  count(name: string, by: number, labels?: Readonly<Record<string, string>>): void;
  gauge(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
  /** Records a duration, ms. */
  observe(name: string, ms: number, labels?: Readonly<Record<string, string>>): void;
  info(what: string, detail?: Readonly<Record<string, unknown>>): void;
  warn(what: string, detail?: Readonly<Record<string, unknown>>): void;
  error(what: string, detail?: Readonly<Record<string, unknown>>): void;
}
