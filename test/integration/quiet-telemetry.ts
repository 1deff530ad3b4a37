// Telemetry for tests: records log messages, and prints them if MILLRACE_TEST_LOG is set.
import type { Telemetry } from '../../src/ports/telemetry.ts';

export interface QuietTelemetry extends Telemetry {
  readonly lines: string[];
  /** Those that last, as `name where`. */
  readonly conditions: ReadonlySet<string>;
}

export function quietTelemetry(): QuietTelemetry {
  const lines: string[] = [];
  const conditions = new Set<string>();
  const line =
    (level: string) =>
    (what: string, detail: Readonly<Record<string, unknown>> = {}): void => {
      lines.push(`${level} ${what}`);
      if (process.env['MILLRACE_TEST_LOG'] !== undefined) console.error(level, what, JSON.stringify(detail));
    };
  return {
    lines,
    conditions,
    count: () => {},
    gauge: () => {},
    removeGauge: () => {},
    raise: (name, where) => void conditions.add(`${name} ${where}`),
    clear: (name, where) => void conditions.delete(`${name} ${where}`),
    observe: () => {},
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
  };
}
