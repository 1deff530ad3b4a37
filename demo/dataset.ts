// The demo's data in memory (control path): flights and weather of 2013 as typed-array columns.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { MillraceError, invariant, messageOf } from '../src/core/errors.ts';
import { decodeTables, decompress, type Column, type Table } from './column-file.ts';

/** The value of FlightColumns' delays and air time that stands for NA. */
export const NOT_AVAILABLE = -32_768;

/**
 * 336,776 rows, ordered by scheduled departure (UTC), then by id. Codes index the names beside them.
 * `departure delay` is NA where the flight was cancelled, `arrival delay` and `air time` where it was cancelled
 * or diverted.
 */
export interface FlightColumns {
  readonly rowCount: number;
  readonly scheduledDepMin: Uint32Array; // since the epoch, UTC
  readonly minuteOfDay: Uint16Array; // of the scheduled departure, on New York's clocks
  readonly origin: Uint8Array;
  readonly carrier: Uint8Array;
  readonly dest: Uint8Array;
  readonly tailnum: Uint16Array;
  readonly flight: Uint16Array;
  readonly distance: Uint16Array; // miles
  readonly scheduledBlockMin: Uint16Array; // gate to gate
  readonly depDelayMin: Int16Array;
  readonly arrDelayMin: Int16Array;
  readonly airTimeMin: Int16Array;
  readonly origins: readonly string[];
  readonly carriers: readonly string[];
  readonly dests: readonly string[];
  readonly tailnums: readonly string[];
}

/** 26,115 rows, ordered by hour, then origin. Measures are raw, NaN for NA. */
export interface WeatherColumns {
  readonly rowCount: number;
  readonly hour: Uint32Array; // since the epoch, UTC
  readonly origin: Uint8Array;
  readonly temp: Float64Array; // degrees Fahrenheit
  readonly dewp: Float64Array; // degrees Fahrenheit
  readonly humid: Float64Array; // percent
  readonly windDir: Float64Array; // degrees
  readonly windSpeed: Float64Array; // miles an hour
  readonly windGust: Float64Array; // miles an hour
  readonly precip: Float64Array; // inches
  readonly pressure: Float64Array; // millibars, at sea level
  readonly visib: Float64Array; // miles
  readonly origins: readonly string[];
}

export interface FlightsDataset {
  readonly flights: FlightColumns;
  readonly weather: WeatherColumns;
}

const defaultPath = fileURLToPath(new URL('./data/flights-2013.bin.br', import.meta.url));

/** Loads the data file that demo/data/prepare.ts made. Throws DATA_INVALID where it is missing or damaged. */
export function loadFlightsDataset(path: string = defaultPath): FlightsDataset {
  const tables = decodeTables(decompress(readDataFile(path), path), path);
  const { flights, weather } = tables;
  invariant(flights !== undefined && weather !== undefined, `${path} holds flights and weather`);
  return { flights: flightColumns(flights), weather: weatherColumns(weather) };
}

function readDataFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new MillraceError('DATA_INVALID', `the data file cannot be read: ${messageOf(error)}`, {
      where: path,
      remedy: 'Restore it from the repository, or remake it as PROVENANCE.md beside it says.',
      cause: error,
    });
  }
}

function flightColumns(table: Table): FlightColumns {
  return {
    rowCount: table.rowCount,
    scheduledDepMin: column(table, 'scheduledDepMin', 'ascending'),
    minuteOfDay: column(table, 'minuteOfDay', 'u16'),
    origin: column(table, 'origin', 'u8'),
    carrier: column(table, 'carrier', 'u8'),
    dest: column(table, 'dest', 'u8'),
    tailnum: column(table, 'tailnum', 'u16'),
    flight: column(table, 'flight', 'u16'),
    distance: column(table, 'distance', 'u16'),
    scheduledBlockMin: column(table, 'scheduledBlockMin', 'u16'),
    depDelayMin: column(table, 'depDelayMin', 'i16'),
    arrDelayMin: column(table, 'arrDelayMin', 'i16'),
    airTimeMin: column(table, 'airTimeMin', 'i16'),
    origins: names(table, 'origin'),
    carriers: names(table, 'carrier'),
    dests: names(table, 'dest'),
    tailnums: names(table, 'tailnum'),
  };
}

function weatherColumns(table: Table): WeatherColumns {
  return {
    rowCount: table.rowCount,
    hour: column(table, 'hour', 'ascending'),
    origin: column(table, 'origin', 'u8'),
    temp: measure(table, 'temp'),
    dewp: measure(table, 'dewp'),
    humid: measure(table, 'humid'),
    windDir: measure(table, 'windDir'),
    windSpeed: measure(table, 'windSpeed'),
    windGust: measure(table, 'windGust'),
    precip: measure(table, 'precip'),
    pressure: measure(table, 'pressure'),
    visib: measure(table, 'visib'),
    origins: names(table, 'origin'),
  };
}

type ValuesOf<Coding extends Column['coding']> = Extract<Column, { coding: Coding }>['values'];

function column<Coding extends Column['coding']>(
  table: Table,
  name: string,
  coding: Coding,
): ValuesOf<Coding> {
  const found = table.columns[name];
  invariant(found?.coding === coding, `the data file has a column ${name} stored as ${coding}`);
  return found.values as ValuesOf<Coding>; // the coding fixes the array's class: see Column
}

function names(table: Table, name: string): readonly string[] {
  return (table.dictionaries[name] ?? []).map(String);
}

/** A measure's codes resolved: code 0 is NA, code k the dictionary's value k - 1. */
function measure(table: Table, name: string): Float64Array {
  const values = [Number.NaN, ...(table.dictionaries[name] ?? []).map(Number)];
  return Float64Array.from(column(table, name, 'u16'), (code) => values[code] ?? Number.NaN);
}
