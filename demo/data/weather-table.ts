// The weather table of the demo's data (control path): one row an hour and origin, ordered by hour, then origin.
// Measures are kept raw, bad values included: judging them is what a topology's contracts are for.

import type { Column, Table } from '../column-file.ts';
import { readCsv } from './sdist.ts';

const measures = {
  temp: 'temp',
  dewp: 'dewp',
  humid: 'humid',
  windDir: 'wind_dir',
  windSpeed: 'wind_speed',
  windGust: 'wind_gust',
  precip: 'precip',
  pressure: 'pressure',
  visib: 'visib',
} as const;

/** Each measure becomes a dictionary of its distinct numbers and a code a row; code 0 is NA. */
export function weatherTable(weatherCsv: Buffer): Table {
  const csv = readCsv(weatherCsv, ['origin', 'time_hour', ...Object.values(measures)]);
  const originAt = csv.position.origin;
  const rows = csv.rows
    .map((row) => ({
      origin: row[originAt] ?? '',
      hour: Date.parse(row[csv.position.time_hour] ?? '') / 3_600_000,
      text: row,
    }))
    .sort((a, b) => a.hour - b.hour || (a.origin < b.origin ? -1 : 1));

  const origins = [...new Set(rows.map((row) => row.origin))].sort();
  const columns: Record<string, Column> = {
    hour: { coding: 'ascending', values: Uint32Array.from(rows, (row) => row.hour) },
    origin: { coding: 'u8', values: Uint8Array.from(rows, (row) => origins.indexOf(row.origin)) },
  };
  const dictionaries: Record<string, readonly (string | number)[]> = { origin: origins };
  for (const [name, csvName] of Object.entries(measures)) {
    const values = rows.map((row) => numberOf(row.text[csv.position[csvName]] ?? ''));
    const distinct = [...new Set(values.filter((value) => value !== null))].sort((a, b) => a - b);
    const codeOf = new Map<number | null, number>(distinct.map((value, code) => [value, code + 1]));
    dictionaries[name] = distinct;
    columns[name] = { coding: 'u16', values: Uint16Array.from(values, (value) => codeOf.get(value) ?? 0) };
  }
  return { rowCount: rows.length, columns, dictionaries };
}

function numberOf(text: string): number | null {
  if (text === 'NA') return null;
  const value = Number(text);
  if (text === '' || !Number.isFinite(value)) throw new Error(`'${text}' is no number`);
  return value;
}
