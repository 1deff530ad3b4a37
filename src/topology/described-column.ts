// A column as `millrace describe --json` prints it (control path).
import type { ColumnSpec } from '../core/schema.ts';

/** A column of the source, or of a table. */
export interface DescribedColumn {
  /** As it is declared, `double?`; `number?` or `string?` where only the kind is known. */
  readonly type: string;
  readonly nullable: boolean;
  /** The values of an enumeration. */
  readonly symbols?: readonly string[];
}

/** @param type as it is declared; null if it is not */
export function describedColumn(
  type: string | null,
  { kind, nullable, symbols }: ColumnSpec,
): DescribedColumn {
  return {
    type: type ?? `${kind}${nullable ? '?' : ''}`,
    nullable,
    ...(symbols === undefined ? {} : { symbols }),
  };
}
