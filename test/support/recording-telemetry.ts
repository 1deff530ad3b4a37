/** A telemetry port that records counters, gauges and log messages. */
import type { ConditionName } from '../../src/core/conditions.ts';
import type { RaiseOptions, Telemetry } from '../../src/ports/telemetry.ts';

type Labels = Readonly<Record<string, string>>;

export class RecordingTelemetry implements Telemetry {
  readonly counts: Map<string, number> = new Map<string, number>();
  readonly gauges: Map<string, number> = new Map<string, number>();
  readonly lines: string[] = [];
  /** By `name where`; those that block readiness end in `!`. */
  readonly conditions: Map<string, string> = new Map<string, string>();

  count(name: string, by: number, _labels?: Labels): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + by);
  }
  gauge(name: string, value: number, _labels?: Labels): void {
    this.gauges.set(name, value);
  }
  removeGauge(name: string, _labels: Labels): void {
    this.gauges.delete(name);
  }
  raise(name: ConditionName, where: string, reason: string, options: RaiseOptions = {}): void {
    this.conditions.set(`${name} ${where}`, options.blocksReadiness === true ? `${reason}!` : reason);
  }
  clear(name: ConditionName, where: string): void {
    this.conditions.delete(`${name} ${where}`);
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
