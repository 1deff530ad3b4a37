// A column as `millrace describe --json` prints it (types alone).

/** A column of the source, or of a table. */
export interface DescribedColumn {
  /** As it is declared, `double?`; `number?` or `string?` where only the kind is known. */
  readonly type: string;
  readonly nullable: boolean;
  /** The values of an enumeration. */
  readonly symbols?: readonly string[];
}
