// Port: metrics and log lines. Counted once a batch, never once an event.

export interface Telemetry {
  /** Adds to a counter. Names are those of docs/metrics.md, without the `millrace_` prefix. */
  count(name: string, by: number, labels?: Readonly<Record<string, string>>): void;
  gauge(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
  /** Records a duration, ms. */
  observe(name: string, ms: number, labels?: Readonly<Record<string, string>>): void;
  info(what: string, detail?: Readonly<Record<string, unknown>>): void;
  warn(what: string, detail?: Readonly<Record<string, unknown>>): void;
  error(what: string, detail?: Readonly<Record<string, unknown>>): void;
}
