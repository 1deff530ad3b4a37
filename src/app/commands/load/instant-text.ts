// Instants as files have them (control path).
import { EVENT_TIME_MS_MAX, EVENT_TIME_MS_MIN } from '../../../core/limits.ts';
import { MS_PER_SECOND } from '../../../core/time.ts';

/** What a number of a timestamp counts since 1970. */
export type EpochUnit = 's' | 'ms' | 'us' | 'ns';

export const epochUnits: readonly EpochUnit[] = ['s', 'ms', 'us', 'ns'];

const PER_MS: Readonly<Record<EpochUnit, number>> = { s: 1 / MS_PER_SECOND, ms: 1, us: 1e3, ns: 1e6 };

/** ISO 8601 as it is written: with a space for the T, without a zone, with up to nine digits of a second. */
const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,9})?)?)?\s?(Z|UTC|[+-]\d{2}(?::?\d{2})?)?$/i;

/** Milliseconds of a number since 1970; whole ones, rounded down, where the unit is finer. */
export function instantOfNumber(value: number | bigint, unit: EpochUnit): number {
  if (typeof value === 'bigint') {
    const per = PER_MS[unit];
    return per >= 1
      ? Number(value / BigInt(per)) - (value < 0n && value % BigInt(per) !== 0n ? 1 : 0)
      : Number(value) / per;
  }
  return unit === 'ms' ? value : Math.floor(value / PER_MS[unit]);
}

/** Milliseconds of an ISO instant; without a zone it is in UTC, and a date is its midnight. NaN for anything else. */
export function instantOfText(text: string): number {
  const found = ISO.exec(text);
  if (found === null) return Number.NaN;
  const [, year, month, day, time = '00:00', seconds = ':00', zone = 'Z'] = found;
  if (Number(day) > daysOf(Number(year), Number(month))) return Number.NaN;
  return Date.parse(`${year}-${month}-${day}T${time}${seconds}${zoneOf(zone)}`);
}

/** JavaScript reads February 30 as March 2. */
function daysOf(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function zoneOf(zone: string): string {
  if (/^(Z|UTC)$/i.test(zone)) return 'Z';
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  return `${zone[0]}${digits.slice(0, 2)}:${digits.slice(2)}`;
}

export function isEventTime(ms: number): boolean {
  return ms >= EVENT_TIME_MS_MIN && ms <= EVENT_TIME_MS_MAX;
}
