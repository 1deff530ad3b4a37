// Instants as numbers of a unit (control path).
import { MS_PER_DAY, MS_PER_SECOND } from './time.ts';

/** What a number of a timestamp counts since 1970. */
export type EpochUnit = 's' | 'ms' | 'us' | 'ns';

export const epochUnits: readonly EpochUnit[] = ['s', 'ms', 'us', 'ns'];

const PER_MS: Readonly<Record<EpochUnit, number>> = { s: 1 / MS_PER_SECOND, ms: 1, us: 1e3, ns: 1e6 };

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

const UNIT_NAMES: Readonly<Record<EpochUnit, string>> = {
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
};

export function unitName(unit: EpochUnit): string {
  return UNIT_NAMES[unit];
}

/** September 2001: seconds since 1970 have ten digits from here on. Earlier times of any unit are taken as they are. */
const PLAUSIBLE_MS_MIN = 1e12;
const PLAUSIBLE_AHEAD_MS = 366 * MS_PER_DAY;
/** An instant so close to 1970 is that of a number in a coarser unit, if it is a plausible one there. */
const NEAR_EPOCH_MS = 366 * MS_PER_DAY;

/**
 * The unit that a number of an event time is in, if it can hardly be the declared one: it is a time between 2001 and next year
 * there, and here beyond next year, or within a year of 1970. Null if there is none.
 * @param nowMs wall clock
 */
export function likelyUnit(value: number | bigint, declared: EpochUnit, nowMs: number): EpochUnit | null {
  const latestMs = nowMs + PLAUSIBLE_AHEAD_MS;
  const givenMs = instantOfNumber(value, declared);
  if (Math.abs(givenMs) > NEAR_EPOCH_MS && givenMs <= latestMs) return null;
  const isPlausible = (unit: EpochUnit): boolean => {
    const ms = instantOfNumber(value, unit);
    return ms >= PLAUSIBLE_MS_MIN && ms <= latestMs;
  };
  return epochUnits.find((unit) => unit !== declared && isPlausible(unit)) ?? null;
}
