// A column as `millrace describe --json` prints it (control path).
import type { ColumnType, EpochUnit } from '../core/columns.ts';
import type { ColumnSpec } from '../core/schema.ts';

/** A column of the source, or of a table. */
export interface DescribedColumn {
  /** As it is declared, `double?`; `number?` or `string?` where only the kind is known. */
  readonly type: string;
  readonly nullable: boolean;
  /** The values of an enumeration. */
  readonly symbols?: readonly string[];
  /** What the numbers of a timestamp count, if that is declared. */
  readonly unit?: EpochUnit;
  /** Of a scaled number, or a list of such: the digits behind the point, which say what its numbers count. */
  readonly digits?: number;
}

/** @param declared null if it is not */
export function describedColumn(
  declared: ColumnType | null,
  { kind, nullable, symbols }: ColumnSpec,
): DescribedColumn {
  return {
    type: declared?.type ?? `${kind}${nullable ? '?' : ''}`,
    nullable,
    ...(symbols === undefined ? {} : { symbols }),
    ...(declared?.unit === undefined ? {} : { unit: declared.unit }),
    ...(declared?.digits === undefined ? {} : { digits: declared.digits }),
  };
}
