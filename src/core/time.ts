// Time (control path). Every instant in Millrace is milliseconds since the Unix epoch, UTC, as a number.
import { DATE_MS_MAX, EVENT_TIME_MS_MAX, EVENT_TIME_MS_MIN } from './event-limits.ts';

export const MS_PER_SECOND = 1_000;
export const MS_PER_MINUTE = 60_000;
export const MS_PER_HOUR = 3_600_000;
export const MS_PER_DAY = 86_400_000;
export const DAYS_PER_WEEK = 7;

/** Seconds as milliseconds. */
export function seconds(n: number): number {
  return n * MS_PER_SECOND;
}
/** Minutes as milliseconds. */
export function minutes(n: number): number {
  return n * MS_PER_MINUTE;
}
/** Hours as milliseconds. */
export function hours(n: number): number {
  return n * MS_PER_HOUR;
}
/** Days as milliseconds. */
export function days(n: number): number {
  return n * MS_PER_DAY;
}

/** Whether it is an instant that a Date can represent. */
export function isInstant(ms: number): boolean {
  return Math.abs(ms) <= DATE_MS_MAX; // false for NaN
}

/** Whether it may be the time of an event. */
export function isEventTime(ms: number): boolean {
  return ms >= EVENT_TIME_MS_MIN && ms <= EVENT_TIME_MS_MAX;
}

/** An instant as text, `2026-01-31T12:00:00.000Z`; outside the range of a Date the number itself. */
export function instantText(ms: number): string {
  return isInstant(ms) ? new Date(ms).toISOString() : String(ms);
}

/** A duration as text: `250 ms`, `1.5 s`, `12 min`, `6 h`, `30 d`. */
export function formatDuration(ms: number): string {
  if (ms === Number.POSITIVE_INFINITY) return 'unlimited';
  const units: ReadonlyArray<readonly [number, string]> = [
    [MS_PER_DAY, 'd'],
    [MS_PER_HOUR, 'h'],
    [MS_PER_MINUTE, 'min'],
    [MS_PER_SECOND, 's'],
  ];
  for (const [size, name] of units) {
    if (ms >= size) return `${Number((ms / size).toFixed(1))} ${name}`;
  }
  return `${Number(ms.toFixed(1))} ms`;
}
