// Units of the calendar of a time zone (hot path): the unit of an instant is that of the instant before, as a rule. A unit
// begins with the first instant at which the local clock reads its beginning or later, as java.time and ICU have it: a day
// whose midnight is skipped begins with the first instant after, and one whose midnight comes twice with the first of them.
import { DAYS_PER_WEEK, MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND } from '../../core/time.ts';
import type { ZoneClock } from '../../core/zone-clock.ts';
import type { UnitClock } from './unit-state.ts';

export type CalendarUnit = 'hour' | 'day' | 'week' | 'month';
export const WEEKDAYS = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** How a unit is counted on the local calendar. */
interface UnitCount {
  /** The unit of a local time, ms since 1970 on the local calendar. */
  readonly unitOf: (localMs: number) => number;
  /** Local time at which a unit begins. */
  readonly startOf: (unit: number) => number;
  readonly leastMs: number;
  readonly mostMs: number;
}

function fixed(sizeMs: number, fromMs: number): Pick<UnitCount, 'unitOf' | 'startOf'> {
  return {
    unitOf: (localMs) => Math.floor((localMs - fromMs) / sizeMs),
    startOf: (unit) => unit * sizeMs + fromMs,
  };
}

const MONTHS_PER_YEAR = 12;
const EPOCH_YEAR = 1970;

/**
 * With the shifts of all zones since 1920: Lord Howe's of half an hour, stations in the Antarctic that moved their clocks by ten
 * hours, and days that were repeated at the date line.
 */
function countOf(unit: CalendarUnit, weekStart: Weekday): UnitCount {
  switch (unit) {
    case 'hour':
      return { ...fixed(MS_PER_HOUR, 0), leastMs: 30 * MS_PER_MINUTE, mostMs: 2 * MS_PER_HOUR };
    case 'day':
      return { ...fixed(MS_PER_DAY, 0), leastMs: 14 * MS_PER_HOUR, mostMs: 2 * MS_PER_DAY };
    case 'week': {
      // 1970 began on a Thursday.
      const fromMs = (WEEKDAYS.indexOf(weekStart) - WEEKDAYS.indexOf('thursday')) * MS_PER_DAY;
      return {
        ...fixed(DAYS_PER_WEEK * MS_PER_DAY, fromMs),
        leastMs: 5 * MS_PER_DAY,
        mostMs: 8 * MS_PER_DAY,
      };
    }
    case 'month':
      return {
        unitOf: (localMs) => {
          const date = new Date(localMs);
          return (date.getUTCFullYear() - EPOCH_YEAR) * MONTHS_PER_YEAR + date.getUTCMonth();
        },
        startOf: (month) => Date.UTC(EPOCH_YEAR, month, 1),
        leastMs: 26 * MS_PER_DAY,
        mostMs: 32 * MS_PER_DAY,
      };
  }
}

/** More than any zone's distance from UTC. */
const OFFSET_MS_MAX = 18 * MS_PER_HOUR;

/** The years whose offsets say whether a zone has crossed the date line: none has since 2011. */
const YEARS_OF_CHANGES = { from: 1900, to: 2030 } as const;

const crossings = new WeakMap<ZoneClock, boolean>();

/** Whether a zone has moved to the other side of the date line: a day of its calendar did not exist, as in Samoa in 2011. */
function crossesDateLine(zone: ZoneClock): boolean {
  const known = crossings.get(zone);
  if (known !== undefined) return known;
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let year: number = YEARS_OF_CHANGES.from; year <= YEARS_OF_CHANGES.to; year++) {
    const offsetMs = zone.offsetMs(Date.UTC(year, 0, 15));
    least = Math.min(least, offsetMs);
    most = Math.max(most, offsetMs);
  }
  const crosses = most - least > MS_PER_DAY / 2;
  crossings.set(zone, crosses);
  return crosses;
}

export class CalendarClock implements UnitClock {
  readonly mostMs: number;
  readonly #zone: ZoneClock;
  readonly #count: UnitCount;
  readonly #isHour: boolean;
  readonly #isDay: boolean;
  /** The unit of the last instant that was asked for, and its first and last instant. */
  #unit = Number.NaN;
  #fromMs = 0;
  #toMs = 0;

  constructor(zone: ZoneClock, unit: CalendarUnit, weekStart: Weekday) {
    this.#zone = zone;
    this.#count = countOf(unit, weekStart);
    this.#isHour = unit === 'hour';
    this.#isDay = unit === 'day';
    this.mostMs = this.#count.mostMs;
  }

  /** A day that does not exist begins at one instant with the next. */
  beginningsIn(ms: number): number {
    if (ms === 0) return 0;
    return Math.ceil(ms / this.#count.leastMs) + (this.#isDay && crossesDateLine(this.#zone) ? 1 : 0);
  }

  unitOf(timeMs: number): number {
    if (timeMs >= this.#fromMs && timeMs < this.#toMs) return this.#unit;
    return this.#find(timeMs);
  }

  /** The length of the whole unit. */
  secondsOf(unit: number): number {
    const lengthMs =
      unit === this.#unit ? this.#toMs - this.#fromMs : this.startOf(unit + 1) - this.startOf(unit);
    return lengthMs / MS_PER_SECOND;
  }

  #find(timeMs: number): number {
    let unit = this.#count.unitOf(timeMs + this.#offsetMs(timeMs));
    if (!Number.isFinite(unit)) return Number.NaN;
    let toMs = this.startOf(unit + 1);
    // The clock was put back behind the beginning of the next unit.
    while (timeMs >= toMs) toMs = this.startOf(++unit + 1);
    this.#unit = unit;
    this.#fromMs = this.startOf(unit);
    this.#toMs = toMs;
    return unit;
  }

  /** Hours follow each other without regard to the hours that the clock is put forward or back by. */
  #offsetMs(timeMs: number): number {
    const offsetMs = this.#zone.offsetMs(timeMs);
    return this.#isHour ? offsetMs - Math.floor(offsetMs / MS_PER_HOUR) * MS_PER_HOUR : offsetMs;
  }

  /** The first instant of a unit; NaN where the calendar ends. */
  startOf(unit: number): number {
    const localMs = this.#count.startOf(unit);
    const end = localMs + OFFSET_MS_MAX;
    for (let fromMs = localMs - OFFSET_MS_MAX; fromMs < end;) {
      const untilMs = this.#zone.sameUntilMs(fromMs);
      const startMs = Math.max(fromMs, localMs - this.#offsetMs(fromMs));
      if (startMs < untilMs) return startMs;
      fromMs = untilMs;
    }
    return Number.NaN;
  }
}
