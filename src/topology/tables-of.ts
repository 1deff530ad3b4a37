// The lookup tables that the stages of a topology read (control path).
import type { Schema } from '../core/schema.ts';
import type { Stage } from '../operators/stage.ts';
import type { Table } from '../ports/table.ts';
import { columnSpec } from './columns-schema.ts';

export interface UsedTable {
  readonly table: Table;
  /** The columns that stages take: the others are not in memory. */
  readonly schema: Schema;
}

/** Each once, in the order of the stages. */
export function tablesOf({ stages }: { readonly stages: readonly Stage[] }): UsedTable[] {
  const taken = new Map<Table, Set<string>>();
  for (const { table, columns } of stages.flatMap(({ tables = [] }) => tables)) {
    const names = taken.get(table) ?? new Set();
    for (const column of columns) names.add(column);
    taken.set(table, names);
  }
  return [...taken].map(([table, names]) => ({ table, schema: schemaOf(table, names) }));
}

/** In the order of the table's columns. An enum's values are strings, whatever its symbols. */
function schemaOf({ columns }: Table, names: ReadonlySet<string>): Schema {
  const entries = Object.entries(columns).filter(([name]) => names.has(name));
  return Object.fromEntries(
    entries.map(([name, type]) => [name, { kind: columnSpec(type).kind, nullable: true }]),
  );
}

/** Tables that have one name: a table that is used twice is declared once. */
export function tableProblems(stages: readonly Stage[]): string[] {
  const names = tablesOf({ stages }).map(({ table }) => table.name);
  const twice = names.filter((name, i) => names.indexOf(name) < i);
  return [...new Set(twice)].map((name) => `two tables have the name '${name}'`);
}
