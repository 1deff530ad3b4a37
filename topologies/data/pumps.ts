// Events of the pumps of a waterworks, made up: bearings wear, get loud and warm, and fail (control path). The same options
// give the same events. `node topologies/data/pumps.ts --pumps 12 --days 40 > pumps.ndjson`
import { inOrderOfTime, numbersFrom, printEvents } from './events-out.ts';
import { normal, uniform } from './random.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const READING_MS = HOUR_MS / 4;
const START_MS = Date.UTC(2026, 0, 5);
/** Days between two bearings that begin to wear, on average. */
const WEAR_EVERY_DAYS = 12;
/** An hour in which a pump draws air: it is as loud as one that wears, and healthy. */
const CAVITATION_SHARE = 0.01;

export interface PumpEvent {
  /** `inspection`: on the hour, when a pump is scored. `outcome`: a day later, whether it has failed meanwhile. */
  readonly type: 'reading' | 'inspection' | 'outcome' | 'repair';
  /** Of an inspection and its outcome; of others unique. */
  readonly id: string;
  readonly pump: string;
  /** Of the bearing, RMS, mm/s. */
  readonly vibration: number | null;
  /** Of the bearing, °C. */
  readonly temperature: number | null;
  /** Of the air around it, °C. */
  readonly ambient: number | null;
  /** Electrical, kW. */
  readonly power: number | null;
  readonly failed: boolean | null;
  /** ISO instant. */
  readonly at: string;
}

export interface PumpOptions {
  readonly pumps: number;
  readonly days: number;
  readonly seed: number;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

/** The demand on the waterworks at an instant, 0.3 to 1: peaks in the morning and the evening, less at weekends. */
function demand(atMs: number): number {
  const hour = (atMs % DAY_MS) / HOUR_MS;
  const weekday = Math.floor(atMs / DAY_MS + 3) % 7;
  const peaks = Math.exp(-((hour - 7) ** 2) / 6) + 0.8 * Math.exp(-((hour - 19) ** 2) / 10);
  return 0.35 + (weekday >= 5 ? 0.4 : 0.55) * peaks;
}

/** One pump, quarter of an hour by quarter of an hour. */
class Pump {
  readonly name: string;
  readonly #next: () => number;
  readonly #vibration: number;
  readonly #warmth: number;
  readonly #power: number;
  /** 0: healthy. At 1 the bearing fails. */
  #wear = 0;
  #wearRate = 0;
  #load = 0;
  #cavitatesUntilMs = 0;
  #stoppedUntilMs = 0;

  constructor(index: number, seed: number) {
    this.name = `P${String(index + 1).padStart(2, '0')}`;
    this.#next = uniform(seed * 1_009 + index);
    this.#vibration = 1.2 + this.#next();
    this.#warmth = 18 + 12 * this.#next();
    this.#power = 30 + 60 * this.#next();
  }

  /** What the pump does at an instant: it runs, fails, is down, or is back from repair. */
  step(atMs: number): 'running' | 'failed' | 'down' | 'repaired' {
    const next = this.#next;
    if (atMs < this.#stoppedUntilMs) return 'down';
    if (this.#stoppedUntilMs > 0) {
      this.#stoppedUntilMs = 0;
      return 'repaired';
    }
    this.#load = 0.9 * this.#load + 0.03 * normal(next);
    if (this.#wear === 0 && next() < READING_MS / (WEAR_EVERY_DAYS * DAY_MS)) {
      this.#wear = 0.05;
      this.#wearRate = Math.log(20) / ((2 + 3 * next()) * DAY_MS);
    }
    if (next() < CAVITATION_SHARE / 4) this.#cavitatesUntilMs = atMs + HOUR_MS * (0.5 + next());
    this.#wear *= Math.exp(this.#wearRate * READING_MS * (1 + 0.5 * normal(next)));
    if (this.#wear < 1) return 'running';
    this.#wear = 0;
    this.#wearRate = 0;
    this.#stoppedUntilMs = atMs + (4 + 6 * next()) * HOUR_MS;
    return 'failed';
  }

  reading(atMs: number): Pick<PumpEvent, 'vibration' | 'temperature' | 'ambient' | 'power'> {
    const next = this.#next;
    const load = Math.max(0.2, demand(atMs) + this.#load);
    const air = atMs < this.#cavitatesUntilMs ? 2 : 0;
    const loudness = this.#vibration * (0.8 + 0.3 * load) + 2.4 * this.#wear ** 1.2 + air;
    const ambient = 14 + 5 * Math.sin(((atMs % DAY_MS) / DAY_MS) * 2 * Math.PI - 2) + normal(next);
    return {
      vibration: rounded(loudness * (1 + 0.12 * normal(next))),
      temperature: rounded(ambient + this.#warmth * load + 7 * this.#wear + 1.5 * normal(next)),
      ambient: rounded(ambient),
      power: rounded(this.#power * load * (1 + 0.03 * this.#wear)),
    };
  }
}

const NOTHING = { vibration: null, temperature: null, ambient: null, power: null, failed: null };

/** Events of one pump in the order of time, but for the outcomes, which it does not have yet. */
function eventsOf(pump: Pump, days: number): { readonly events: PumpEvent[]; readonly failures: number[] } {
  const events: PumpEvent[] = [];
  const failures: number[] = [];
  for (let atMs = START_MS; atMs < START_MS + days * DAY_MS; atMs += READING_MS) {
    const state = pump.step(atMs);
    const at = new Date(atMs).toISOString();
    const { name } = pump;
    if (state === 'failed') failures.push(atMs);
    if (state === 'repaired')
      events.push({ type: 'repair', id: `${name}-${at}-repair`, pump: name, ...NOTHING, at });
    if (state !== 'running') continue;
    const measured = pump.reading(atMs);
    events.push({ type: 'reading', id: `${name}-${at}-reading`, pump: name, ...measured, failed: null, at });
    if (atMs % HOUR_MS === 0)
      events.push({ type: 'inspection', id: `${name}-${at}`, pump: name, ...NOTHING, at });
  }
  return { events, failures };
}

function outcomeOf({ id, pump, at }: PumpEvent, failures: readonly number[]): PumpEvent {
  const atMs = Date.parse(at);
  const failed = failures.some((failure) => failure > atMs && failure <= atMs + DAY_MS);
  return { type: 'outcome', id, pump, ...NOTHING, failed, at: new Date(atMs + DAY_MS).toISOString() };
}

/** All events in the order of time; the outcomes of the last day are not known yet. */
export function pumpEvents({ pumps, days, seed }: PumpOptions): PumpEvent[] {
  const all: PumpEvent[] = [];
  const end = new Date(START_MS + days * DAY_MS).toISOString();
  for (let i = 0; i < pumps; i++) {
    const { events, failures } = eventsOf(new Pump(i, seed), days);
    for (const event of events) {
      all.push(event);
      if (event.type !== 'inspection') continue;
      const outcome = outcomeOf(event, failures);
      if (outcome.at < end) all.push(outcome);
    }
  }
  return inOrderOfTime(all);
}

if (import.meta.main) await printEvents(pumpEvents(numbersFrom({ pumps: 12, days: 40, seed: 1 })));
