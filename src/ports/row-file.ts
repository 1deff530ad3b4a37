// Port: a file of rows, such as a CSV or Parquet file, read forward with bounded memory (types only).

/** A row that can be read. */
export interface ReadableRow {
  /** Line on which the row ends, in a file of text; its number in other files. From 1. */
  readonly place: number;
  /** Values in the order of the file's columns, or an object by name. Null, undefined and what is not there are missing values. */
  readonly values: readonly unknown[] | object;
}

/** A row that cannot be read, while the rows after it can. */
export interface UnreadableRow {
  readonly place: number;
  readonly values: null;
  readonly fault: string;
  /** The row as the file has it, as far as it is text. */
  readonly text: string;
}

export type FileRow = ReadableRow | UnreadableRow;

/** The bytes of a file, decompressed. */
export interface FileBytes {
  readonly name: string;
  /** How much of the file has been read, 0 to 1; null for standard input. */
  share(): number | null;
  readonly chunks: AsyncIterable<Buffer>;
  close(): void;
}

export interface RowFile {
  /** `line` or `row`: what a place counts. */
  readonly counts: 'line' | 'row';
  /** The names of the values of a row; null if each row names its own. */
  readonly columns: readonly string[] | null;
  /** All columns of the file in its order, where rows have values for some of them only. */
  readonly allColumns?: readonly string[];
  /** How much of the file has been read, 0 to 1; null if its size is unknown. */
  share(): number | null;
  /**
   * All rows in order, some at a time; called once.
   * @throws MillraceError DATA_INVALID where the rest of the file cannot be read
   */
  rows(): AsyncIterable<readonly FileRow[]>;
  /** Also where not all rows were read. */
  close(): Promise<void>;
}
