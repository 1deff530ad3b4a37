// Units of time by Avro's logical types, and those that columns declare (control path).
// Source: https://avro.apache.org/docs/1.12.0/specification/#logical-types

import type { EpochUnit } from '../../core/columns.ts';
import { unitName as epochName } from '../../core/epoch-number.ts';

/** `day-ms` and so on are times of day, which are no instants; no logical type has seconds. */
export type TimeUnit = EpochUnit | 'day-ms' | 'day-us' | 'day-ns';

const UNITS: Readonly<Record<string, TimeUnit>> = {
  'long timestamp-millis': 'ms',
  'long timestamp-micros': 'us',
  'long timestamp-nanos': 'ns',
  'long local-timestamp-millis': 'ms',
  'long local-timestamp-micros': 'us',
  'long local-timestamp-nanos': 'ns',
  'int date': 'days',
  'int time-millis': 'day-ms',
  'long time-micros': 'day-us',
  'long time-nanos': 'day-ns', // of Kafka Connect alone
};

/** Null for a type without a logical type of time: Avro ignores a logical type on the wrong type. */
export function unitOf(node: { readonly type?: unknown; readonly logicalType?: unknown }): TimeUnit | null {
  return UNITS[`${String(node.type)} ${String(node.logicalType)}`] ?? null;
}

export function isTimeOfDay(unit: TimeUnit | null): unit is 'day-ms' | 'day-us' | 'day-ns' {
  return unit === 'day-ms' || unit === 'day-us' || unit === 'day-ns';
}

/** For messages. */
export function unitName(unit: TimeUnit): string {
  return isTimeOfDay(unit) ? 'times of day' : epochName(unit);
}

/** Nanoseconds of a unit. */
const NANOS: Readonly<Record<TimeUnit, number>> = {
  ns: 1,
  us: 1e3,
  ms: 1e6,
  s: 1e9,
  days: 86_400e9,
  'day-ns': 1,
  'day-us': 1e3,
  'day-ms': 1e6,
};

/** How a number of one unit becomes one of another: multiplied or, where that is exact, divided and rounded down. */
export interface UnitChange {
  readonly times: number;
  readonly over: number;
}

/** Null if there is nothing to change. */
export function unitChange(from: TimeUnit | null, to: TimeUnit | null): UnitChange | null {
  if (from === null || to === null || from === to || isTimeOfDay(from) !== isTimeOfDay(to)) return null;
  return NANOS[from] > NANOS[to]
    ? { times: NANOS[from] / NANOS[to], over: 1 }
    : { times: 1, over: NANOS[to] / NANOS[from] };
}
