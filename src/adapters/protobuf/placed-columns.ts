// Declared columns with their paths (control path, once per source).
import { itemType, requiredType, scalarType, type Columns, type ScalarTypeName } from '../../core/columns.ts';
import { listNameProblem, listPath, type ListPath } from '../../core/list-path.ts';

export interface Placed {
  readonly column: number;
  readonly name: string;
  /** Of a column of lists: that of the list. */
  readonly path: readonly string[];
  /** Of a column of lists: that of its items. */
  readonly type: ScalarTypeName;
  readonly isNullable: boolean;
  readonly symbols: readonly string[];
  /** Behind the point, of a scaled column. */
  readonly digits: number;
  /** Of a column of lists: behind its path, and whether an item may be null. */
  readonly list: (Pick<ListPath, 'part' | 'inner'> & { readonly isNullable: boolean }) | null;
}

export function placedColumns(columns: Columns): Placed[] {
  return Object.entries(columns).map(([name, declared], column) => {
    const { symbols = [], digits = 0 } = declared;
    const isNullable = requiredType(declared) !== declared.type;
    const placed = { column, name, type: scalarType(declared), isNullable, symbols, digits };
    const item = itemType(declared);
    if (item === null) return { ...placed, path: name.split('.'), list: null };
    const problem = listNameProblem(name);
    if (problem !== null) throw new Error(`'${name}': ${problem}`);
    const { outer, part, inner } = listPath(name);
    return { ...placed, path: outer, list: { part, inner, isNullable: item.type.endsWith('?') } };
  });
}
