// The demo's events (control path, but made a million times: no closure, and one hidden class).
// Each event carries only what was known at its instant; schemas/flights-value.avsc describes the fields.

import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE } from '../src/core/time.ts';
import { NOT_AVAILABLE, type FlightColumns, type WeatherColumns } from './dataset.ts';

/** In the order in which events of the same minute come. */
export const eventTypes = ['weather', 'scheduled', 'departed', 'arrived', 'cancelled'] as const;

export type FlightEventType = (typeof eventTypes)[number];

/** The subject's record: the key on the log is `origin`; a field that its type has no value for is null. */
export interface FlightEvent {
  readonly type: FlightEventType;
  /** A flight's id is the same in all of its events; a weather row's is the origin and the hour. */
  readonly id: string;
  /** One for each event, to know duplicates by. */
  readonly eventId: string;
  readonly origin: string;
  /** Milliseconds since the epoch. */
  readonly eventTime: number;
  readonly carrier: string | null;
  readonly dest: string | null;
  /** Airline designator and number: `UA1545`. */
  readonly flight: string | null;
  /** Null in `scheduled` and `cancelled`: the source lacks it only for cancelled flights, so its absence would tell. */
  readonly tailnum: string | null;
  /** Milliseconds since the epoch. */
  readonly scheduledDep: number | null;
  /** Gate to gate by the schedule, minutes. */
  readonly scheduledBlock: number | null;
  /** Miles. */
  readonly distance: number | null;
  /** Of the scheduled departure, on the origin's clocks: 0 to 23. */
  readonly hour: number | null;
  /** Of the scheduled departure, on the origin's clocks: 0 to 1439. */
  readonly minuteOfDay: number | null;
  /** ISO 8601: Monday is 1, Sunday 7. */
  readonly dayOfWeek: number | null;
  /** 1 to 12. */
  readonly month: number | null;
  /** Minutes; in `departed` only. */
  readonly depDelay: number | null;
  /** Minutes; in `arrived` only. */
  readonly arrDelay: number | null;
  /** Minutes; in `arrived` only. */
  readonly airTime: number | null;
  /** Degrees Fahrenheit. */
  readonly temp: number | null;
  /** Dew point, degrees Fahrenheit. */
  readonly dewp: number | null;
  /** Relative humidity, percent. */
  readonly humid: number | null;
  /** Degrees. */
  readonly windDir: number | null;
  /** Miles an hour. */
  readonly windSpeed: number | null;
  /** Miles an hour. */
  readonly windGust: number | null;
  /** Inches. */
  readonly precip: number | null;
  /** Millibars, at sea level. */
  readonly pressure: number | null;
  /** Miles. */
  readonly visib: number | null;
}

/** Every nullable field null. Spread first, it gives each event the same hidden class. */
export const nothingKnown: Omit<FlightEvent, 'type' | 'id' | 'eventId' | 'origin' | 'eventTime'> = {
  carrier: null,
  dest: null,
  flight: null,
  tailnum: null,
  scheduledDep: null,
  scheduledBlock: null,
  distance: null,
  hour: null,
  minuteOfDay: null,
  dayOfWeek: null,
  month: null,
  depDelay: null,
  arrDelay: null,
  airTime: null,
  temp: null,
  dewp: null,
  humid: null,
  windDir: null,
  windSpeed: null,
  windGust: null,
  precip: null,
  pressure: null,
  visib: null,
};

/** A flight is scored this long before its scheduled departure, minutes. */
export const SCORED_BEFORE_DEPARTURE_MIN = 60;

const minutesPerDay = 1440;

/**
 * When an event of a flight happens, minutes since the epoch; -1 where the flight has none of that type.
 * An arrival is departure plus air time, which leaves out taxiing: the gate is reached 5 to 235 minutes later.
 */
export function flightEventMin(flights: FlightColumns, row: number, type: FlightEventType): number {
  const scheduledDepMin = flights.scheduledDepMin[row] ?? 0;
  const depDelayMin = flights.depDelayMin[row] ?? NOT_AVAILABLE;
  const airTimeMin = flights.airTimeMin[row] ?? NOT_AVAILABLE;
  switch (type) {
    case 'scheduled':
      return scheduledDepMin - SCORED_BEFORE_DEPARTURE_MIN;
    case 'departed':
      return depDelayMin === NOT_AVAILABLE ? -1 : scheduledDepMin + depDelayMin;
    case 'arrived':
      return airTimeMin === NOT_AVAILABLE ? -1 : scheduledDepMin + depDelayMin + airTimeMin;
    case 'cancelled':
      return depDelayMin === NOT_AVAILABLE ? scheduledDepMin : -1;
    case 'weather':
      return -1;
  }
}

/** The event of a flight, made from the schedule and from what its type may know; see flightEventMin for `eventMin`. */
export function flightEvent(
  flights: FlightColumns,
  row: number,
  type: Exclude<FlightEventType, 'weather'>,
  eventMin: number,
): FlightEvent {
  const scheduledDepMin = flights.scheduledDepMin[row] ?? 0;
  const minuteOfDay = flights.minuteOfDay[row] ?? 0;
  const origin = flights.origins[flights.origin[row] ?? 0] ?? '';
  const carrier = flights.carriers[flights.carrier[row] ?? 0] ?? '';
  const flight = carrier + String(flights.flight[row] ?? 0);
  const date = localDate(scheduledDepMin, minuteOfDay);
  const id = `${flight}-${origin}-${date.digits}-${clockDigits[minuteOfDay] ?? ''}`;
  const departed = type === 'departed';
  const arrived = type === 'arrived';
  return {
    ...nothingKnown,
    type,
    id,
    eventId: `${type}/${id}`,
    origin,
    eventTime: eventMin * MS_PER_MINUTE,
    carrier,
    dest: flights.dests[flights.dest[row] ?? 0] ?? '',
    flight,
    tailnum: departed || arrived ? (flights.tailnums[flights.tailnum[row] ?? 0] ?? '') : null,
    scheduledDep: scheduledDepMin * MS_PER_MINUTE,
    scheduledBlock: flights.scheduledBlockMin[row] ?? 0,
    distance: flights.distance[row] ?? 0,
    hour: Math.floor(minuteOfDay / 60),
    minuteOfDay,
    dayOfWeek: date.dayOfWeek,
    month: date.month,
    depDelay: departed ? (flights.depDelayMin[row] ?? 0) : null,
    arrDelay: arrived ? (flights.arrDelayMin[row] ?? 0) : null,
    airTime: arrived ? (flights.airTimeMin[row] ?? 0) : null,
  };
}

/** The event of an hour's weather at an origin, at that hour: the observation was known then. */
export function weatherEvent(weather: WeatherColumns, row: number): FlightEvent {
  const hour = weather.hour[row] ?? 0;
  const origin = weather.origins[weather.origin[row] ?? 0] ?? '';
  const id = `${origin}-wx-${hour}`;
  return {
    ...nothingKnown,
    type: 'weather',
    id,
    eventId: id,
    origin,
    eventTime: hour * MS_PER_HOUR,
    temp: nullable(weather.temp[row]),
    dewp: nullable(weather.dewp[row]),
    humid: nullable(weather.humid[row]),
    windDir: nullable(weather.windDir[row]),
    windSpeed: nullable(weather.windSpeed[row]),
    windGust: nullable(weather.windGust[row]),
    precip: nullable(weather.precip[row]),
    pressure: nullable(weather.pressure[row]),
    visib: nullable(weather.visib[row]),
  };
}

function nullable(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}

/** Clock times as ids write them, by minute of the day: 0000 to 2359. */
const clockDigits: readonly string[] = Array.from({ length: minutesPerDay }, (_, minuteOfDay) =>
  String(Math.floor(minuteOfDay / 60) * 100 + (minuteOfDay % 60)).padStart(4, '0'),
);

interface LocalDate {
  readonly digits: string; // yyyymmdd
  readonly dayOfWeek: number;
  readonly month: number;
}

const datesByDay = new Map<number, LocalDate>(); // one entry a day of the data, 365 in all

/**
 * The date on the origin's clocks. UTC instant minus local minute of the day is local midnight by UTC's count, plus
 * the zone's offset; west of Greenwich that is less than a day on, so whole days give the date without a zone table.
 */
function localDate(utcMin: number, minuteOfDay: number): LocalDate {
  const day = Math.floor((utcMin - minuteOfDay) / minutesPerDay);
  const known = datesByDay.get(day);
  if (known !== undefined) return known;
  const at = new Date(day * MS_PER_DAY);
  const made = {
    digits: at.toISOString().slice(0, 10).replaceAll('-', ''),
    dayOfWeek: at.getUTCDay() === 0 ? 7 : at.getUTCDay(),
    month: at.getUTCMonth() + 1,
  };
  datesByDay.set(day, made);
  return made;
}
