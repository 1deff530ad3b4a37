// What a part of a project (a topology, stage, sink or route) declares for others to list and check (control path).
import type { Metric } from './metric.ts';
import type { Setting } from './setting.ts';

export interface Declares {
  /** Settings that it reads: checked before anything starts, and listed by `millrace settings`. */
  readonly settings?: ReadonlyArray<Setting<unknown>>;
  /** Metrics that it records: served with those of the engine. */
  readonly metrics?: readonly Metric[];
}

/** Each once, in order. @throws nothing; two settings of one name are both there */
export function settingsOf(parts: readonly Declares[]): ReadonlyArray<Setting<unknown>> {
  return [...new Set(parts.flatMap(({ settings = [] }) => settings))];
}

export function metricsOf(parts: readonly Declares[]): readonly Metric[] {
  return [...new Set(parts.flatMap(({ metrics = [] }) => metrics))];
}
