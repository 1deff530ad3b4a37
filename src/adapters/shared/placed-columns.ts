// Declared columns with their paths in a record (control path, once per source).
import {
  itemType,
  requiredType,
  scalarType,
  type ColumnEncoding,
  type Columns,
  type EpochUnit,
  type ScalarTypeName,
} from '../../core/columns.ts';
import { listPath, type ListPath } from '../../core/list-path.ts';

export interface PlacedColumn {
  readonly name: string;
  /** Of a column of lists: that of the list. */
  readonly path: readonly string[];
  /** Of a column of lists: that of its items. */
  readonly type: ScalarTypeName;
  readonly isNullable: boolean;
  /** The symbols of an enum in order; empty for other types. */
  readonly symbols: readonly string[];
  /** Of a scaled number: the digits behind the point. */
  readonly digits: number;
  /** Of a timestamp: what its numbers count; null if that is not declared. */
  readonly unit: EpochUnit | null;
  /** How Kafka Connect writes it; null for what its format shows. */
  readonly encoding: ColumnEncoding | null;
  /** Of a column of lists; null for others. */
  readonly list: PlacedList | null;
}

/** What follows the path of a list, and whether its items may be null. */
export interface PlacedList extends Pick<ListPath, 'part' | 'inner'> {
  readonly isNullable: boolean;
}

/** In the order in which they are declared. */
export function placedColumns(columns: Columns): PlacedColumn[] {
  return Object.entries(columns).map(([name, column]) => {
    const { symbols = [], digits = 0, unit = null, encoding = null } = column;
    const placed = {
      name,
      type: scalarType(column),
      isNullable: requiredType(column) !== column.type,
      symbols,
      digits,
      unit,
      encoding,
    };
    const item = itemType(column);
    if (item === null) return { ...placed, path: name.split('.'), list: null };
    const { outer, part, inner } = listPath(name);
    return { ...placed, path: outer, list: { part, inner, isNullable: requiredType(item) !== item.type } };
  });
}
