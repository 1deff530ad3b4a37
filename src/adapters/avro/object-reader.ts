// Reads Avro binary of an older or newer schema into the reader's columns, with avsc's resolver. Hot path, and slower
// than ColumnarReader, as it creates an object per event: needed until every producer writes the reader's schema.
import type avro from 'avsc';
import type { ColumnBuilder } from '../../core/column-builder.ts';
import { messageOf } from '../../core/errors.ts';
import type { RowReader } from './columnar-reader.ts';
import type { FieldPlan } from './column-plan.ts';

export class ObjectReader implements RowReader {
  readonly #fields: readonly FieldPlan[];
  readonly #decode: (bytes: Buffer) => unknown;

  /** Throws avsc's error if the reader's schema cannot read the writer's. */
  constructor(fields: readonly FieldPlan[], reader: avro.Type, writer: avro.Type) {
    this.#fields = fields;
    const resolver = reader.createResolver(writer);
    this.#decode = (bytes) => reader.fromBuffer(bytes, resolver, false);
  }

  read(bytes: Buffer, from: number, to: number, into: ColumnBuilder): string | null {
    let record: unknown;
    try {
      record = this.#decode(bytes.subarray(from, to));
    } catch (error) {
      return messageOf(error);
    }
    for (const [i, { path, spec, name }] of this.#fields.entries()) {
      const value = valueAt(record, path);
      if (value === null || value === undefined) into.setNull(i);
      else if (spec.kind === 'number') into.setNumber(i, Number(value));
      // The reader's type only yields strings for a string column.
      else if (!into.setString(i, value as string)) return `field ${name} has no symbol ${value as string}`;
    }
    return null;
  }
}

function valueAt(record: unknown, path: readonly string[]): unknown {
  let value = record;
  for (const name of path) value = (value as Record<string, unknown>)[name]; // avsc created it by this schema
  return value;
}
