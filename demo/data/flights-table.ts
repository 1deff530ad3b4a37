// The flights table of the demo's data (control path): one row a flight, ordered by scheduled departure, then id.
// Refuses input in which a dropped column could not be derived again from what is kept.

import type { Table } from '../column-file.ts';
import { readCsv, readOnlyZipMember } from './sdist.ts';
import { offsetMinutes } from './time-zone.ts';

const columnNames = [
  ...(['year', 'month', 'day', 'dep_time', 'sched_dep_time', 'dep_delay', 'arr_time', 'sched_arr_time'] as const),
  ...(['arr_delay', 'carrier', 'flight', 'tailnum', 'origin', 'dest', 'air_time', 'distance', 'hour'] as const),
  ...(['minute', 'time_hour'] as const),
];

interface Flight {
  readonly id: string;
  readonly origin: string;
  readonly carrier: string;
  readonly dest: string;
  readonly tailnum: string;
  readonly flight: number;
  readonly distance: number;
  readonly scheduledDepMin: number; // since the epoch, UTC
  readonly minuteOfDay: number; // local to the origin
  readonly scheduledBlockMin: number;
  readonly depDelayMin: number;
  readonly arrDelayMin: number;
  readonly airTimeMin: number;
}

const minutesPerDay = 1440;
const notAvailable = -32_768; // what int16 columns hold for NA
const originZone = 'America/New_York';

// Destinations that airports.csv lacks: three airports in Puerto Rico and one in the US Virgin Islands.
const missingZones = ['BQN', 'PSE', 'SJU', 'STT'].map((code) => [code, 'America/Puerto_Rico'] as const);

/** @param airports gives each destination's time zone: the schedule's arrival times are local to it. */
export function flightsTable(flightsZip: Buffer, airports: Buffer): Table {
  const zones = new Map<string, string>(missingZones);
  const { position, rows } = readCsv(airports, ['faa', 'tzone']);
  for (const row of rows) zones.set(row[position.faa] ?? '', row[position.tzone] ?? '');
  const csv = readCsv(readOnlyZipMember(flightsZip), columnNames);
  const flights = csv.rows.map((row) => flightOf((name) => row[csv.position[name]] ?? '', zones));
  flights.sort((a, b) => a.scheduledDepMin - b.scheduledDepMin || (a.id < b.id ? -1 : 1));

  const dictionary = (pick: (flight: Flight) => string): string[] => [...new Set(flights.map(pick))].sort();
  const origins = dictionary((flight) => flight.origin);
  const carriers = dictionary((flight) => flight.carrier);
  const dests = dictionary((flight) => flight.dest);
  const tailnums = dictionary((flight) => flight.tailnum);
  const codes = (names: string[], pick: (flight: Flight) => string): number[] => {
    const codeOf = new Map(names.map((name, code) => [name, code]));
    return flights.map((flight) => codeOf.get(pick(flight)) ?? 0);
  };
  const u8 = (values: number[]) => ({ coding: 'u8', values: Uint8Array.from(values) }) as const;
  const u16 = (values: number[]) => ({ coding: 'u16', values: Uint16Array.from(values) }) as const;
  const i16 = (values: number[]) => ({ coding: 'i16', values: Int16Array.from(values) }) as const;
  const scheduledDepMin = Uint32Array.from(flights, (flight) => flight.scheduledDepMin);
  return {
    rowCount: flights.length,
    columns: {
      scheduledDepMin: { coding: 'ascending', values: scheduledDepMin },
      minuteOfDay: u16(flights.map((flight) => flight.minuteOfDay)),
      origin: u8(codes(origins, (flight) => flight.origin)),
      carrier: u8(codes(carriers, (flight) => flight.carrier)),
      dest: u8(codes(dests, (flight) => flight.dest)),
      tailnum: u16(codes(tailnums, (flight) => flight.tailnum)),
      flight: u16(flights.map((flight) => flight.flight)),
      distance: u16(flights.map((flight) => flight.distance)),
      scheduledBlockMin: u16(flights.map((flight) => flight.scheduledBlockMin)),
      depDelayMin: i16(flights.map((flight) => flight.depDelayMin)),
      arrDelayMin: i16(flights.map((flight) => flight.arrDelayMin)),
      airTimeMin: i16(flights.map((flight) => flight.airTimeMin)),
    },
    dictionaries: { origin: origins, carrier: carriers, dest: dests, tailnum: tailnums },
  };
}

function flightOf(text: (name: (typeof columnNames)[number]) => string, zones: Map<string, string>): Flight {
  const whole = (name: (typeof columnNames)[number]): number => {
    const value = text(name);
    if (value === 'NA') return notAvailable;
    if (!/^-?\d+$/.test(value)) throw new Error(`${name} is '${value}', not a whole number`);
    return Number(value);
  };
  const scheduledDepMin = Date.parse(text('time_hour')) / 60_000 + whole('minute');
  const date = `${text('year')}${text('month').padStart(2, '0')}${text('day').padStart(2, '0')}`;
  const clock = text('sched_dep_time').padStart(4, '0');
  const id = `${text('carrier')}${text('flight')}-${text('origin')}-${date}-${clock}`;
  const flight: Flight = {
    id,
    origin: text('origin'),
    carrier: text('carrier'),
    dest: text('dest'),
    tailnum: text('tailnum'),
    flight: whole('flight'),
    distance: whole('distance'),
    scheduledDepMin,
    minuteOfDay: minuteOf(whole('sched_dep_time')),
    scheduledBlockMin: blockMinutes(scheduledDepMin, minuteOf(whole('sched_arr_time')), zones.get(text('dest'))),
    depDelayMin: whole('dep_delay'),
    arrDelayMin: whole('arr_delay'),
    airTimeMin: whole('air_time'),
  };
  checkDerivable(flight, date, whole('dep_time'), whole('hour') * 60 + whole('minute'));
  return flight;
}

/** A local clock time written as hhmm, in minutes; 2400 is midnight. */
function minuteOf(hhmm: number): number {
  return (Math.floor(hhmm / 100) * 60 + (hhmm % 100)) % minutesPerDay;
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

/**
 * The scheduled gate-to-gate time, minutes: from the scheduled departure to the next time that the clock at the
 * destination shows the scheduled arrival. Known from the schedule, so no leak. The offset is looked up again at
 * the arrival found, for flights that cross a change of daylight saving time.
 */
function blockMinutes(scheduledDepMin: number, arrivalMinuteOfDay: number, zone: string | undefined): number {
  if (zone === undefined) throw new Error('a destination has no time zone');
  const until = (atMin: number): number =>
    modulo(arrivalMinuteOfDay - scheduledDepMin - offsetMinutes(zone, atMin), minutesPerDay);
  return until(scheduledDepMin + until(scheduledDepMin));
}

/** The dropped columns must follow from the kept ones: local date and clock, departure time, what is NA with what. */
function checkDerivable(flight: Flight, date: string, depTime: number, minuteOfDay: number): void {
  const localMin = flight.scheduledDepMin + offsetMinutes(originZone, flight.scheduledDepMin);
  const localDate = new Date(localMin * 60_000).toISOString().slice(0, 10).replaceAll('-', '');
  const cancelled = depTime === notAvailable;
  const departedMin = modulo(flight.minuteOfDay + flight.depDelayMin, minutesPerDay);
  const holds =
    localDate === date &&
    modulo(localMin, minutesPerDay) === flight.minuteOfDay &&
    minuteOfDay === flight.minuteOfDay &&
    cancelled === (flight.depDelayMin === notAvailable) &&
    (cancelled || minuteOf(depTime) === departedMin) &&
    (!cancelled || flight.arrDelayMin === notAvailable) &&
    (flight.arrDelayMin === notAvailable) === (flight.airTimeMin === notAvailable);
  if (!holds) throw new Error(`${flight.id}: a dropped column does not follow from those that are kept`);
}
