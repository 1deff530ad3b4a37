// Telemetry for tests: records log messages, and prints them if MILLRACE_TEST_LOG is set.
import type { Telemetry } from '../../src/ports/telemetry.ts';

export interface QuietTelemetry extends Telemetry {
  readonly lines: string[];
}

export function quietTelemetry(): QuietTelemetry {
  const lines: string[] = [];
  const line =
    (level: string) =>
    (what: string, detail: Readonly<Record<string, unknown>> = {}): void => {
      lines.push(`${level} ${what}`);
      if (process.env['MILLRACE_TEST_LOG'] !== undefined) console.error(level, what, JSON.stringify(detail));
    };
  return {
    lines,
    count: () => {},
    gauge: () => {},
    removeGauge: () => {},
    raise: () => {},
    clear: () => {},
    observe: () => {},
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
  };
}
