// The list of a source's column from the value of a file (control path): an array, a map, or the text of one in JSON.
import type { ListPath } from '../../../core/list-path.ts';
import { listIn } from '../../../core/list-values.ts';
import { itemKind } from '../../../core/schema.ts';
import type { EventRow } from '../../../ports/format.ts';
import { CellFault, cellOf, type TargetColumn } from './cell.ts';
import { parseWideJson } from '../../../core/wide-json.ts';

/** @throws CellFault */
export function listCell(
  value: unknown,
  column: TargetColumn,
  list: Pick<ListPath, 'part' | 'inner'>,
): EventRow[string] {
  const items = listIn(typeof value === 'string' ? parsed(value, column) : value, list);
  if (items === undefined)
    throw new CellFault(column.name, `there is no ${list.part === 'items' ? 'list' : 'map'}`);
  if (items === null) return cellOf(null, column);
  const item = { ...column, kind: itemKind(column.kind), nullable: column.nullableItems === true };
  return items.map((one) => cellOf(one, item));
}

function parsed(text: string, { name }: TargetColumn): unknown {
  try {
    return parseWideJson(text);
  } catch {
    throw new CellFault(name, 'the text is no JSON');
  }
}
