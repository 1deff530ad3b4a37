// What a change of lookup tables means to those who fill them (control path).
import { breaks, fits, type Change } from './change.ts';
import type { DescribedTable } from './describe-tables.ts';
import type { TopologyDescription } from './description.ts';

type ColumnChanges = (
  before: TopologyDescription['source']['columns'],
  after: TopologyDescription['source']['columns'],
) => readonly Change[];

/** @param columnChanges what a change of columns means */
export function tableChanges(
  before: readonly DescribedTable[],
  after: readonly DescribedTable[],
  columnChanges: ColumnChanges,
): Change[] {
  const gone = before
    .filter(({ name }) => !after.some((table) => table.name === name))
    .map(({ name }) => fits('producers', `the table ${name} is not read any more`));
  const others = after.flatMap((table) => {
    const was = before.find(({ name }) => name === table.name);
    if (was === undefined) return [fits('producers', `the table ${table.name} is read: ${table.origin}`)];
    return changed(was, table, columnChanges);
  });
  return [...gone, ...others];
}

const PARTS = ['origin', 'format', 'key', 'time'] as const;

function changed(before: DescribedTable, after: DescribedTable, columnChanges: ColumnChanges): Change[] {
  const { name } = after;
  const parts = PARTS.filter((part) => before[part] !== after[part]).map((part) =>
    breaks('producers', `the ${part} of the table ${name} is ${after[part]}, and was ${before[part]}`),
  );
  // What consumers get of a table are features, which are compared by themselves.
  const columns = columnChanges(before.columns, after.columns)
    .filter(({ who }) => who === 'producers')
    .map((change) => ({ ...change, what: `table ${name}: ${change.what}` }));
  return [...parts, ...columns];
}
