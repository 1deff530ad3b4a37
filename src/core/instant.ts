// An instant as text to milliseconds since 1970: the one rule for events, however they come (`instantMs` is on the hot path:
// without a string or a Date). Date.parse takes more: it reads February 30 as March 2, and in the zone of the process what has
// no offset.
// Source: RFC 3339, section 5.6, date-time: `2026-01-31T12:00:00.5Z`, `2026-01-31 13:00:00+01:00`. A time without an offset is
// no instant. Digits behind milliseconds are cut off; a leap second, `:60`, is the first instant of the next minute.
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND } from './time.ts';

const DASH = 0x2d;
const COLON = 0x3a;
const DOT = 0x2e;
const PLUS = 0x2b;
const SPACE = 0x20;
const ZERO = 0x30;
/** Turns upper case into lower case. */
const LOWER = 0x20;
const LETTER_T = 0x74;
const LETTER_Z = 0x7a;

/** `2026-01-31T12:00:00Z` */
const LENGTH_MIN = 20;
const SECONDS_AT = 17;
const FRACTION_AT = 19;
/** `+01:00` */
const OFFSET_LENGTH = 6;
const BAD = -1;

const MONTH_DAYS = Uint8Array.of(31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31);

/** A date-time as files and people write it: without seconds, an offset or a time, with `UTC` or a short offset. */
const ISO =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,9})?)?)?\s?(Z|UTC|[+-]\d{2}(?::?\d{2})?)?$/i;

/** Of an RFC 3339 date-time, as `instantMs`; NaN for anything else (control path). */
export function instantOf(text: string): number {
  const octets = Buffer.from(text);
  return instantMs(octets, 0, octets.length);
}

/** The same of ISO 8601 as files have it: without an offset it is in UTC, and a date is its midnight (control path). */
export function instantOfIso(text: string): number {
  const [, date, time = '00:00', seconds = ':00', zone = 'Z'] = ISO.exec(text) ?? [];
  return date === undefined ? Number.NaN : instantOf(`${date}T${time}${seconds}${offsetOf(zone)}`);
}

/** `UTC` and `+01` as RFC 3339 has them. */
function offsetOf(zone: string): string {
  if (/^(?:Z|UTC)$/i.test(zone)) return 'Z';
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  return `${zone[0]}${digits.slice(0, 2)}:${digits.slice(2)}`;
}

/** NaN if octets [from, to) are no date-time. */
export function instantMs(octets: Uint8Array, from: number, to: number): number {
  if (to - from < LENGTH_MIN) return Number.NaN;
  const separator = octets[from + 10] as number;
  const isShaped =
    octets[from + 4] === DASH &&
    octets[from + 7] === DASH &&
    ((separator | LOWER) === LETTER_T || separator === SPACE) &&
    octets[from + 13] === COLON &&
    octets[from + 16] === COLON;
  if (!isShaped) return Number.NaN;
  const year = pair(octets, from) * 100 + pair(octets, from + 2);
  const days = dayNumber(year, pair(octets, from + 5), pair(octets, from + 8));
  const hour = pair(octets, from + 11);
  const minute = pair(octets, from + 14);
  const second = pair(octets, from + SECONDS_AT);
  if (!(pair(octets, from) >= 0 && pair(octets, from + 2) >= 0 && days === days)) return Number.NaN;
  if (!(hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second <= 60))
    return Number.NaN;
  let at = from + FRACTION_AT;
  let fractionMs = 0;
  if (octets[at] === DOT) {
    at++;
    const start = at;
    for (let unit = 100; at < to; at++, unit /= 10) {
      const digit = (octets[at] as number) - ZERO;
      if (!(digit >= 0 && digit <= 9)) break;
      if (unit >= 1) fractionMs += digit * unit;
    }
    if (at === start) return Number.NaN;
  }
  const timeMs = hour * MS_PER_HOUR + minute * MS_PER_MINUTE + second * MS_PER_SECOND + fractionMs;
  return days * MS_PER_DAY + timeMs - offsetMs(octets, at, to);
}

/** Two digits; BAD if there are none. */
function pair(octets: Uint8Array, at: number): number {
  const tens = (octets[at] as number) - ZERO;
  const ones = (octets[at + 1] as number) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : BAD;
}

/** The offset from UTC that makes up octets [at, to), ms; NaN if it is none. */
function offsetMs(octets: Uint8Array, at: number, to: number): number {
  const sign = octets[at] as number;
  if (to - at === 1 && (sign | LOWER) === LETTER_Z) return 0;
  if (to - at !== OFFSET_LENGTH || octets[at + 3] !== COLON || (sign !== PLUS && sign !== DASH))
    return Number.NaN;
  const hour = pair(octets, at + 1);
  const minute = pair(octets, at + 4);
  if (!(hour >= 0 && hour < 24 && minute >= 0 && minute < 60)) return Number.NaN;
  const ms = hour * MS_PER_HOUR + minute * MS_PER_MINUTE;
  return sign === DASH ? -ms : ms;
}

/**
 * Days since 1970-01-01 of a day in the proleptic Gregorian calendar; NaN if there is no such day.
 * Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
 */
function dayNumber(year: number, month: number, day: number): number {
  if (!(month >= 1 && month <= 12 && day >= 1)) return Number.NaN;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const isLeapMonth = isLeap && month === 2;
  if (day > (MONTH_DAYS[month - 1] as number) + Number(isLeapMonth)) return Number.NaN;
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
