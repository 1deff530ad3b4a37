// The rule of a contract over the keys of a table (hot path).
import { anyColumn, type AnyRead, type Columns } from '../core/columns.ts';
import { shown } from '../core/option-checks.ts';
import type { Table } from '../ports/table.ts';
import type { EveryEvent, Predicate, PredicateReads } from '../window/predicate.ts';
import { rule, type OpenRule, type Rule, type RuleOptions } from './contract-rule.ts';
import { isTable } from './lookup.ts';
import type { EngineStageContext, StageContext } from './stage.ts';
import { TableRows } from './table-rows.ts';

/**
 * The table must have a row for the value, as of the event's time; null passes. Rows that the table gets later count from
 * then on.
 * @example inTable('merchant', merchants, { otherwise: 'flag' })
 */
export function inTable<C extends Columns, const K extends string, P extends Predicate = EveryEvent>(
  column: K,
  table: Table<C>,
  options: RuleOptions<P> = {},
): Rule<AnyRead<K> | PredicateReads<NoInfer<P>>> {
  const isSound = isTable(table);
  return rule(
    'inTable',
    'CONTRACT_REFERENCE',
    { column, reads: [anyColumn(column)] },
    options,
    { open: (context) => opened(table, column, context) },
    {
      requires: { table: isSound ? table.name : '' },
      ...(isSound ? { tables: [{ table, key: column, columns: [] }], inner: [table] } : {}),
      problems: isSound
        ? []
        : [`inTable takes a table, as table(name, options) returns, not ${shown(table)}`],
    },
  );
}

function opened<C extends Columns>(table: Table<C>, column: string, context: StageContext): OpenRule {
  const rows = new TableRows(table, column, context as EngineStageContext); // a contract is one of the engine's own stages
  return {
    violates(batch) {
      const found = rows.of(batch);
      if (found === null) return () => false;
      const { codes } = rows.keys(batch);
      return (row) => (found.at[row] as number) < 0 && (codes[row] as number) >= 0;
    },
  };
}
