// Instants as numbers of a unit since 1970: milliseconds of them, rounded down (hot path), and what unit a number is likely in
// (control path).
import type { EpochUnit } from './columns.ts';
import { DecimalText } from './decimal-text.ts';
import { instantMs } from './instant.ts';
import { MS_PER_DAY, MS_PER_SECOND } from './time.ts';

export type { EpochUnit } from './columns.ts';

/** Those that a number alone may tell apart: days are as small as counts. */
export const epochUnits: readonly EpochUnit[] = ['s', 'ms', 'us', 'ns'];

/** A number of a unit times this, and through the other, is milliseconds: one of them is 1. */
const TIMES: Readonly<Record<EpochUnit, number>> = {
  s: MS_PER_SECOND,
  ms: 1,
  us: 1,
  ns: 1,
  days: MS_PER_DAY,
};
const OVER: Readonly<Record<EpochUnit, number>> = { s: 1, ms: 1, us: 1e3, ns: 1e6, days: 1 };
/** The same for digits: by how many the point moves. */
const SHIFTS: Readonly<Record<EpochUnit, number>> = { s: 3, ms: 0, us: -3, ns: -6, days: 0 };
const TWO_32 = 2 ** 32;

/**
 * Milliseconds of a number since 1970, rounded down; NaN for a fraction of a day. A number with a fraction is taken for the shortest text that is read as
 * it: 1700000000.123 seconds end with 123 ms, although the nearest Float64 is below.
 */
export function epochMs(value: number, unit: EpochUnit): number {
  if (unit === 'days') return Number.isInteger(value) ? value * MS_PER_DAY + 0 : Number.NaN;
  const times = TIMES[unit];
  const over = OVER[unit];
  let ms = Math.floor(over === 1 ? value * times : value / over);
  // The product is rounded: the instant is the last one that is written as a number up to this.
  if (!Number.isSafeInteger(value) && Number.isFinite(ms)) {
    if (numberOf(ms, times, over) > value) ms -= 1;
    else if (numberOf(ms + 1, times, over) <= value) ms += 1;
  }
  return ms + 0;
}

function numberOf(ms: number, times: number, over: number): number {
  return over === 1 ? ms / times : ms * over;
}

/** The same of an integer of 64 bits, exactly. @param high bits above 32, signed or not, as is `low` of those below, unsigned */
export function epochMsOfInt64(high: number, low: number, unit: EpochUnit): number {
  const over = OVER[unit];
  if (over === 1) return (high * TWO_32 + low) * TIMES[unit];
  const rest = TWO_32 % over;
  return high * Math.floor(TWO_32 / over) + Math.floor((high * rest + low) / over);
}

const text = new DecimalText();

/** The same of a number in text, or of an RFC 3339 time, in octets [from, to); NaN for other text. */
export function epochMsOfText(octets: Uint8Array, from: number, to: number, unit: EpochUnit): number {
  if (!text.scan(octets, from, to)) return instantMs(octets, from, to);
  return unit === 'days' ? text.scaled(0) * MS_PER_DAY : text.floored(SHIFTS[unit]);
}

/** The same of a value of JSON or of a file (control path); NaN for what is none. */
export function epochMsOf(value: unknown, unit: EpochUnit): number {
  if (typeof value === 'number') return epochMs(value, unit);
  if (typeof value !== 'bigint' && typeof value !== 'string') return Number.NaN;
  const octets = Buffer.from(String(value));
  return epochMsOfText(octets, 0, octets.length, unit);
}

/** The number of a unit that an instant is, as text (control path); null if it is no whole millisecond, or no day. */
export function epochText(ms: number, unit: EpochUnit): string | null {
  if (!Number.isSafeInteger(ms)) return null;
  if (unit === 'days') return ms % MS_PER_DAY === 0 ? String(ms / MS_PER_DAY) : null;
  if (unit === 's') return String(ms / MS_PER_SECOND);
  return String(BigInt(ms) * BigInt(OVER[unit]));
}

const UNIT_NAMES: Readonly<Record<EpochUnit, string>> = {
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  days: 'days',
};

export function unitName(unit: EpochUnit): string {
  return UNIT_NAMES[unit];
}

/** September 2001: seconds since 1970 have ten digits from here on. Earlier times of any unit are taken as they are. */
const PLAUSIBLE_MS_MIN = 1e12;
const PLAUSIBLE_AHEAD_MS = 366 * MS_PER_DAY;
/** An instant so close to 1970 is that of a number in a coarser unit, if it is a plausible one there. */
const NEAR_EPOCH_MS = 366 * MS_PER_DAY;

/** The unit in which a number is a time between 2001 and next year; null if there is none. @param nowMs wall clock */
export function plausibleUnit(value: number | bigint | string, nowMs: number): EpochUnit | null {
  return (
    epochUnits.find((unit) => {
      const ms = epochMsOf(value, unit);
      return ms >= PLAUSIBLE_MS_MIN && ms <= nowMs + PLAUSIBLE_AHEAD_MS;
    }) ?? null
  );
}

/**
 * The unit that a number of an event time is in, if it can hardly be the declared one: it is a time between 2001 and next year
 * there, and here beyond next year, or within a year of 1970. Null if there is none.
 * @param nowMs wall clock
 */
export function likelyUnit(
  value: number | bigint | string,
  declared: EpochUnit,
  nowMs: number,
): EpochUnit | null {
  const givenMs = epochMsOf(value, declared);
  if (Math.abs(givenMs) > NEAR_EPOCH_MS && givenMs <= nowMs + PLAUSIBLE_AHEAD_MS) return null;
  const unit = plausibleUnit(value, nowMs);
  return unit === declared ? null : unit;
}
