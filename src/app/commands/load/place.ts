// Where a file's rows have the value of a column (control path).
import { valueAlong } from '../../../core/file-values.ts';
import type { ListPath } from '../../../core/list-path.ts';
import type { TargetColumn } from './cell.ts';

export interface Place {
  readonly column: TargetColumn;
  /** As the file names it. */
  readonly name: string;
  /** Position in a row that is a list, -1 if the file has no such column; null if rows are objects. */
  readonly index: number | null;
  /** Names to follow from there on, if the name is no key itself. */
  readonly path: readonly string[];
  /** Of a column of lists, what it has of the list there; null for others. */
  readonly list: Pick<ListPath, 'part' | 'inner'> | null;
}

/** What a row has there; undefined for nothing. */
export function valueThere(values: readonly unknown[] | object, { index, path }: Place): unknown {
  return valueAlong(index === null ? values : (values as readonly unknown[])[index], path); // a list if there are positions
}
