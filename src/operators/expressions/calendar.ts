// The parts of an instant on the clock and the calendar of a time zone (hot path), daylight saving included.
import type { Expression } from '../../core/expression.ts';
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE } from '../../core/time.ts';
import { suggestion } from '../../core/unknown-keys.ts';
import { clockOf, noZone, type ZoneClock } from '../../core/zone-clock.ts';
import { callText, numberOperand, numericRows, type NumberOperand, type NumberReads } from './operands.ts';
import type { AnyFunction } from './row-function.ts';

export interface ZoneOptions {
  /** A zone of the IANA database, such as `America/New_York`; `UTC` by default. */
  readonly zone?: string;
}

/** @param part of the local time, ms since 1970 on the local calendar */
function partOf<A extends NumberOperand>(
  name: string,
  instant: A,
  options: ZoneOptions,
  part: (localMs: number) => number,
): Expression<NumberReads<A>, 'number'> {
  const operands = [numberOperand(instant)];
  const { zone = 'UTC' } = Object(options) as ZoneOptions;
  const found = clockOf(zone);
  return numericRows('number', {
    operands,
    call: callOf(found === null || zone === 'UTC' ? null : found, part),
    text: callText(name, operands, zone === 'UTC' ? [] : [zone]),
    problems: [
      ...(found === null ? [noZone(zone)] : []),
      ...Object.keys(Object(options) as object)
        .filter((key) => key !== 'zone')
        .map((key) => `there is no option '${key}'${suggestion(key, ['zone'])}`),
    ],
  });
}

/** A function of its own for each, so that the clock is no branch of the loop. */
function callOf(clock: ZoneClock | null, part: (localMs: number) => number): AnyFunction {
  const call = clock === null ? part : (ms: number): number => part(ms + clock.offsetMs(ms));
  return call as AnyFunction; // it takes one number
}

/** `a` modulo a positive `b`, in [0, b). */
function within(a: number, b: number): number {
  return a - Math.floor(a / b) * b;
}

/** Days since 1970 on the local calendar. */
function dayNumber(localMs: number): number {
  return Math.floor(localMs / MS_PER_DAY);
}

/**
 * The hour of the day, 0 to 23.
 * @param instant ms since 1970, as a timestamp column has it
 * @example hourOf('at', { zone: 'America/New_York' })
 */
export function hourOf<const A extends NumberOperand>(
  instant: A,
  options: ZoneOptions = {},
): Expression<NumberReads<A>, 'number'> {
  return partOf('hourOf', instant, options, (ms) => Math.floor(within(ms, MS_PER_DAY) / MS_PER_HOUR));
}

/** The minute of the hour, 0 to 59. */
export function minuteOf<const A extends NumberOperand>(
  instant: A,
  options: ZoneOptions = {},
): Expression<NumberReads<A>, 'number'> {
  return partOf('minuteOf', instant, options, (ms) => Math.floor(within(ms, MS_PER_HOUR) / MS_PER_MINUTE));
}

/** The day of the week, 1 for Monday to 7 for Sunday (ISO 8601). */
export function weekdayOf<const A extends NumberOperand>(
  instant: A,
  options: ZoneOptions = {},
): Expression<NumberReads<A>, 'number'> {
  // 1970 began on a Thursday.
  return partOf('weekdayOf', instant, options, (ms) => within(dayNumber(ms) + 3, 7) + 1);
}

/** The day of the month, 1 to 31. */
export function dayOf<const A extends NumberOperand>(
  instant: A,
  options: ZoneOptions = {},
): Expression<NumberReads<A>, 'number'> {
  return partOf('dayOf', instant, options, (ms) => {
    const day = dayOfYear(ms);
    return day - Math.floor((153 * monthFromMarch(day) + 2) / 5) + 1;
  });
}

/** The month, 1 to 12. */
export function monthOf<const A extends NumberOperand>(
  instant: A,
  options: ZoneOptions = {},
): Expression<NumberReads<A>, 'number'> {
  return partOf('monthOf', instant, options, (ms) => {
    const month = monthFromMarch(dayOfYear(ms));
    return month < 10 ? month + 3 : month - 9;
  });
}

/** The year. */
export function yearOf<const A extends NumberOperand>(
  instant: A,
  options: ZoneOptions = {},
): Expression<NumberReads<A>, 'number'> {
  return partOf('yearOf', instant, options, (ms) => {
    const days = dayNumber(ms) + DAYS_TO_1970;
    const era = Math.floor(days / DAYS_PER_ERA);
    const year = era * 400 + yearOfEra(days - era * DAYS_PER_ERA);
    return monthFromMarch(dayOfYear(ms)) < 10 ? year : year + 1;
  });
}

// Years that begin on March 1, so that the leap day is their last; eras are 400 of them.
// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
const DAYS_TO_1970 = 719_468;
const DAYS_PER_ERA = 146_097;

function yearOfEra(day: number): number {
  const leaps = Math.floor(day / 1_460) - Math.floor(day / 36_524) + Math.floor(day / 146_096);
  return Math.floor((day - leaps) / 365);
}

/** Days since March 1, from 0. */
function dayOfYear(localMs: number): number {
  const dayOfEra = within(dayNumber(localMs) + DAYS_TO_1970, DAYS_PER_ERA);
  const year = yearOfEra(dayOfEra);
  return dayOfEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
}

/** Months since March, from 0. */
function monthFromMarch(day: number): number {
  return Math.floor((5 * day + 2) / 153);
}
