// Reads single records of Avro, as the columns have them.
import type { FieldPlan } from '../../../src/adapters/avro/column-plan.ts';
import { schemaOf } from '../../../src/adapters/avro/column-plan.ts';
import type { ResolvingReader } from '../../../src/adapters/avro/resolving-reader.ts';
import { BatchBuilder, SourceColumns } from '../../../src/core/batch-builder.ts';
import type { Row } from './orders.ts';

/** Whatever the event time is. */
class AnyRow extends BatchBuilder {
  override accept(): void {
    this.row = 0;
  }
}

export class Reading {
  readonly #reader: ResolvingReader;
  readonly #columns: SourceColumns;

  constructor(reader: ResolvingReader, fields: readonly FieldPlan[]) {
    this.#reader = reader;
    this.#columns = new SourceColumns(schemaOf(fields), 'at');
  }

  read(record: Buffer): Row | string {
    const into = new AnyRow(this.#columns, 0, 1, true);
    // Among other bytes, as in a fetch.
    const memory = Buffer.concat([Buffer.alloc(3, 0xff), record, Buffer.alloc(3, 0xff)]);
    const fault = this.#reader.read(memory, 3, 3 + record.length, into);
    if (fault !== null) return fault.message;
    return Object.fromEntries(
      this.#columns.names.flatMap((name, column): Array<[string, number | string | null]> => {
        // Lists have a test of their own.
        if (this.#columns.listPlaces[column]) return [];
        const dictionary = this.#columns.strings[column] ?? this.#columns.enums[column];
        const number = into.numbers[column]?.[0] ?? Number.NaN;
        if (!dictionary) return [[name, Number.isNaN(number) ? null : number]];
        return [[name, dictionary.decode(into.codes[column]![0]!) ?? null]];
      }),
    );
  }
}
