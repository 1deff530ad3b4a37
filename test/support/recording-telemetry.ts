/** A telemetry port that records counters, gauges and log messages. */
import type { Telemetry } from '../../src/ports/telemetry.ts';

type Labels = Readonly<Record<string, string>>;

export class RecordingTelemetry implements Telemetry {
  readonly counts: Map<string, number> = new Map<string, number>();
  readonly gauges: Map<string, number> = new Map<string, number>();
  readonly lines: string[] = [];

  count(name: string, by: number, _labels?: Labels): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + by);
  }
  gauge(name: string, value: number, _labels?: Labels): void {
    this.gauges.set(name, value);
  }
  observe(name: string, _ms: number, _labels?: Labels): void {
    this.count(name, 1);
  }
  info(what: string): void {
    this.lines.push(what);
  }
  warn(what: string): void {
    this.lines.push(what);
  }
  error(what: string): void {
    this.lines.push(what);
  }
}
