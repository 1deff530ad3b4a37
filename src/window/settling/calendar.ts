// Windows that are units of the calendar, declared (control path).
import { checkedOptions, oneOfTexts, whole, type OptionChecks } from '../../core/option-checks.ts';
import { defined } from '../../core/definition.ts';
import { CALENDAR_BACK_MAX } from '../../core/window-limits.ts';
import { DAYS_PER_WEEK, MS_PER_DAY, MS_PER_HOUR } from '../../core/time.ts';
import { clockOf, noZone } from '../../core/zone-clock.ts';
import { defineWindow } from '../define-window.ts';
import type { WindowSpec } from '../window.ts';
import { CalendarClock, WEEKDAYS, type CalendarUnit, type Weekday } from './calendar-clock.ts';
import { UnitState } from './unit-state.ts';

export interface CalendarOptions {
  /** A zone of the IANA database, such as `America/New_York`; `UTC` by default. */
  readonly zone?: string;
  /** The complete unit that is so many before the current one, 1 to 400; by default the current one so far. */
  readonly back?: number;
  /** The first day of a week; `monday` by default. */
  readonly weekStart?: Weekday;
}

interface CalendarParameters {
  readonly unit: CalendarUnit;
  readonly zone: string;
  readonly back: number;
  readonly weekStart: Weekday;
}

const LENGTHS: Readonly<Record<CalendarUnit, number>> = {
  hour: MS_PER_HOUR,
  day: MS_PER_DAY,
  week: DAYS_PER_WEEK * MS_PER_DAY,
  month: 30 * MS_PER_DAY,
};

const unitCheck = oneOfTexts(Object.keys(LENGTHS));

const checks: OptionChecks<CalendarOptions> = {
  zone: (zone) => (typeof zone === 'string' && clockOf(zone) !== null ? null : noZone(zone)),
  back: whole(0, CALENDAR_BACK_MAX),
  weekStart: oneOfTexts(WEEKDAYS),
};

function clock({ unit, zone, weekStart }: CalendarParameters): CalendarClock {
  const found = clockOf(zone);
  if (found === null) throw new RangeError(noZone(zone)); // checked where the window is declared
  return new CalendarClock(found, unit, weekStart);
}

const calendars: (parameters: CalendarParameters) => WindowSpec = defineWindow<CalendarParameters>({
  name: 'calendar',
  byPredicate: false,
  memoryMs: (parameters) => (parameters.back + 1) * clock(parameters).mostMs,
  lengthMs: ({ unit, back }) => (back + 1) * LENGTHS[unit],
  open: (windows, context) =>
    windows.map((window) => {
      const { parameters } = window;
      return new UnitState(window, context, { clock: clock(parameters), back: parameters.back });
    }),
});

/**
 * The current hour, day, week or month of a time zone so far as of the event; with `back: 1` the complete one before, and so
 * on. Days are as long as the zone makes them: 23 or 25 hours where the clock is changed. A unit begins with the first
 * instant at which the local clock reads its beginning or later. Hours follow each other, also where the clock is put back.
 * Of the current unit, a late event sees what is at most an eighth of the allowed lateness later, a quarter of an hour or a
 * 128th of it at most. `rate` is that over the whole unit.
 */
export function calendar(unit: CalendarUnit, options: CalendarOptions = {}): WindowSpec {
  const { options: given, problems } = checkedOptions(options, checks);
  const { zone = 'UTC', back = 0, weekStart = 'monday' } = given;
  const wrong = unitCheck(unit);
  const spec = calendars({ unit: wrong === null ? unit : 'day', zone, back, weekStart });
  return defined(spec, {
    given: Object(options) as object,
    options: checks,
    problems: [
      ...(wrong === null ? [] : [['', `${wrong}: give calendar('day'), say`] as const]),
      ...problems,
    ],
  });
}
