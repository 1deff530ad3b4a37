// Reads single records by a row reader, as the columns have them.
import type { RowReader } from '../../src/adapters/shared/row-reader.ts';
import { BatchBuilder, SourceColumns } from '../../src/core/batch-builder.ts';
import type { Columns } from '../../src/core/columns.ts';
import { schemaOf } from '../../src/topology/columns-schema.ts';
import type { ListBuilder } from '../../src/core/column-builder.ts';
import { columnOf } from './byte-columns.ts';

/** Whatever the event time is, so that the reader is tested alone. */
class AnyRow extends BatchBuilder {
  override accept(): void {
    this.row = 0;
  }
}

type Value = number | string | null;
export type Row = Readonly<Record<string, Value | Value[]>>;

export class RowsOf {
  readonly #reader: RowReader;
  readonly #columns: SourceColumns;

  constructor(reader: RowReader, columns: Columns, eventTime: string) {
    this.#reader = reader;
    this.#columns = new SourceColumns(schemaOf(columns), eventTime);
  }

  /** The record's columns; what is wrong, where it does not decode. */
  read(record: Uint8Array): Row | string {
    const { bytes, starts, ends } = columnOf([record]);
    const into = new AnyRow(this.#columns, 0, 1, true);
    const fault = this.#reader.read(bytes, starts[0]!, ends[0]!, into);
    if (fault !== null) return fault.message;
    return Object.fromEntries(
      this.#columns.names.map((name, column) => {
        const list = into.lists[column];
        if (!list) return [name, this.#valueAt(column, into.numbers[column], into.codes[column], 0)];
        return [name, list.size < 0 ? null : this.#items(column, list)];
      }),
    );
  }

  /** Of the first list of a batch. */
  #items(column: number, { size, numbers, codes }: ListBuilder): Value[] {
    const group = this.#columns.lists.find(({ columns }) => columns.includes(column))!;
    const at = group.columns.indexOf(column);
    return Array.from({ length: size }, (_, i) => this.#valueAt(column, numbers[at], codes[at], i));
  }

  #valueAt(
    column: number,
    numbers: Float64Array | undefined,
    codes: Int32Array | undefined,
    row: number,
  ): Value {
    const dictionary = this.#columns.strings[column] ?? this.#columns.enums[column];
    if (dictionary) return dictionary.decode(codes?.[row] ?? -1) ?? null;
    const number = numbers?.[row] ?? Number.NaN;
    return Number.isNaN(number) ? null : number;
  }
}
