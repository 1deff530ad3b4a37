// Reads single records by a row reader, as the columns have them.
import type { RowReader } from '../../src/adapters/shared/row-reader.ts';
import { BatchBuilder, SourceColumns } from '../../src/core/batch-builder.ts';
import type { Columns } from '../../src/core/columns.ts';
import { schemaOf } from '../../src/topology/columns-schema.ts';
import type { Expected } from '../adapters/json/oracle.ts';
import { columnOf } from './byte-columns.ts';

/** Whatever the event time is, so that the reader is tested alone. */
class AnyRow extends BatchBuilder {
  override accept(): void {
    this.row = 0;
  }
}

export class RowsOf {
  readonly #reader: RowReader;
  readonly #columns: SourceColumns;

  constructor(reader: RowReader, columns: Columns, eventTime: string) {
    this.#reader = reader;
    this.#columns = new SourceColumns(schemaOf(columns), eventTime);
  }

  /** The record's columns; what is wrong, where it does not decode. */
  read(record: Uint8Array): Expected | string {
    const { bytes, starts, ends } = columnOf([record]);
    const into = new AnyRow(this.#columns, 0, 1, true);
    const fault = this.#reader.read(bytes, starts[0]!, ends[0]!, into);
    if (fault !== null) return fault.message;
    return Object.fromEntries(
      this.#columns.names.map((name, column) => {
        const dictionary = this.#columns.strings[column] ?? this.#columns.enums[column];
        const number = into.numbers[column]?.[0] ?? Number.NaN;
        if (!dictionary) return [name, Number.isNaN(number) ? null : number];
        return [name, dictionary.decode(into.codes[column]![0]!) ?? null];
      }),
    );
  }
}
