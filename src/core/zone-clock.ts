// The offset of a time zone from UTC at an instant (hot path): a look-up by day. Offsets come from the time-zone data of
// Node (ICU); a day on which the clock is changed has the instant of the change beside it.
import { shown } from './option-checks.ts';
import { MS_PER_DAY, MS_PER_SECOND } from './time.ts';
import { suggestion } from './unknown-keys.ts';

/** The days of the table, days since 1970: event times outside of 1900 to 2300 are refused anyway. */
const FIRST_DAY = Date.UTC(1900, 0, 1) / MS_PER_DAY;
const DAYS = Date.UTC(2300, 0, 1) / MS_PER_DAY - FIRST_DAY;
/** Years 1 to 9999: outside of them, calendars have other forms. */
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');
const END_MS = Date.UTC(10_000, 0, 1);

/** In place of an offset, which is less than two days. */
const UNKNOWN = 0x7fff_ffff;
const CHANGES = 0x7fff_fffe;

/** A change of the clock: an instant, and the offsets before it and from it on, ms. */
interface Change {
  readonly atMs: number;
  readonly before: number;
  readonly after: number;
}

export class ZoneClock {
  readonly #format: Intl.DateTimeFormat;
  /** By day: the offset, ms. */
  readonly #offsets = new Int32Array(DAYS).fill(UNKNOWN);
  readonly #changes = new Map<number, Change>();

  /** @throws RangeError if there is no such zone */
  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** What to add to an instant to get the local time, ms; NaN outside of the years 1 to 9999. */
  offsetMs(ms: number): number {
    const day = Math.floor(ms / MS_PER_DAY) - FIRST_DAY;
    if (!(day >= 0 && day < DAYS)) return this.#ask(ms);
    const offset = this.#offsets[day] as number;
    if (offset < CHANGES) return offset;
    return offset === UNKNOWN ? this.#learn(day, ms) : this.#change(day, ms);
  }

  /** An instant later than `ms` until which the offset stays as it is at `ms`: the change of the clock, or the end of the day. */
  sameUntilMs(ms: number): number {
    const day = Math.floor(ms / MS_PER_DAY);
    const end = (day + 1) * MS_PER_DAY;
    this.offsetMs(ms);
    const change = this.#changes.get(day - FIRST_DAY);
    return change !== undefined && change.atMs > ms ? change.atMs : end;
  }

  #change(day: number, ms: number): number {
    const { atMs, before, after } = this.#changes.get(day) as Change; // there is one where the table says so
    return ms < atMs ? before : after;
  }

  #learn(day: number, ms: number): number {
    const fromMs = (day + FIRST_DAY) * MS_PER_DAY;
    const before = this.#ask(fromMs);
    const after = this.#ask(fromMs + MS_PER_DAY);
    if (before === after) return (this.#offsets[day] = before);
    // Clocks are changed on a whole second.
    let low = 0;
    let high = MS_PER_DAY / MS_PER_SECOND;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#ask(fromMs + middle * MS_PER_SECOND) === before) low = middle;
      else high = middle;
    }
    this.#changes.set(day, { atMs: fromMs + high * MS_PER_SECOND, before, after });
    this.#offsets[day] = CHANGES;
    return this.#change(day, ms);
  }

  /** Takes microseconds. */
  #ask(ms: number): number {
    if (!(ms >= FIRST_MS && ms < END_MS)) return Number.NaN;
    const seconds = Math.floor(ms / MS_PER_SECOND) * MS_PER_SECOND;
    const local: Record<string, number> = {};
    let isBefore1 = false;
    for (const { type, value } of this.#format.formatToParts(seconds)) {
      local[type] = Number(value);
      if (type === 'era') isBefore1 = value.startsWith('B');
    }
    const { year: ofEra = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = local;
    const year = isBefore1 ? 1 - ofEra : ofEra;
    const date = new Date(0);
    // Date.UTC takes the years 0 to 99 for those of the 20th century.
    date.setUTCFullYear(year, month - 1, day);
    date.setUTCHours(hour, minute, second);
    return date.getTime() - seconds;
  }
}

const clocks = new Map<string, ZoneClock>();

/** The clock of a zone, one for the process; null if there is no such zone. */
export function clockOf(zone: string): ZoneClock | null {
  try {
    return zoneClock(zone);
  } catch {
    return null;
  }
}

/** What is wrong with the name of a zone that does not exist. */
export function noZone(zone: unknown): string {
  const near = typeof zone === 'string' ? suggestion(zone, Intl.supportedValuesOf('timeZone')) : '';
  return `${shown(zone)} is no time zone, such as 'America/New_York'${near}`;
}

/** @throws RangeError if there is no such zone */
function zoneClock(timeZone: string): ZoneClock {
  const known = clocks.get(timeZone);
  if (known !== undefined) return known;
  const clock = new ZoneClock(timeZone);
  clocks.set(timeZone, clock);
  return clock;
}
