// The lookup tables of a topology, as text and as data (control path).
import { columnSpec } from './columns-schema.ts';
import { describedColumn, type DescribedColumn } from './described-column.ts';
import type { Table } from '../ports/table.ts';
import type { Topology } from './definition.ts';
import { tablesOf } from './tables-of.ts';

export interface DescribedTable {
  readonly name: string;
  /** `topic merchants`, `file merchants.csv`, `query SELECT ...` or `GET https://directory/{key}`. */
  readonly origin: string;
  /** Of a topic. */
  readonly format: string | null;
  readonly key: string;
  /** The instant from which a row counts: a column, `record`, or `always` where events see whatever row is there. */
  readonly time: string;
  readonly columns: Readonly<Record<string, DescribedColumn>>;
}

export function describedTables(topology: Topology): DescribedTable[] {
  return tablesOf(topology).map(({ table }) => {
    const { name, key, from, columns } = table;
    const described = Object.entries(columns).map(
      ([column, type]) => [column, describedColumn(type, columnSpec(type))] as const,
    );
    const format = from.kind === 'topic' ? (from.format?.name ?? 'avro') : null;
    return {
      name,
      origin: originOf(table),
      format,
      key,
      time: timeOf(table),
      columns: Object.fromEntries(described),
    };
  });
}

function originOf({ from }: Table): string {
  switch (from.kind) {
    case 'topic':
      return `topic ${from.topic}`;
    case 'file':
      return `file ${from.file}`;
    case 'query':
      return `query ${from.query.trim().replaceAll(/\s+/g, ' ')}`;
    case 'http':
    default:
      return `GET ${from.url}`;
  }
}

function timeOf({ from, time, current }: Table): string {
  if (current) return 'always';
  return time ?? (from.kind === 'topic' ? 'record' : 'always');
}

/** A line for each table. */
export function tableLines(topology: Topology): string[] {
  return describedTables(topology).map(({ name, origin, format, key, time }) => {
    const coded = format === null || format === 'avro' ? '' : `, ${format}`;
    return `  table       ${name}: ${origin}${coded}, by ${key}, ${AS_OF[time] ?? `as of ${time}`}`;
  });
}

const AS_OF: Readonly<Record<string, string>> = {
  record: "as of the record's time",
  always: 'the row that is there: a replay may see another one',
};
