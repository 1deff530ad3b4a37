// Reads Avro binary of an older or newer schema into the reader's columns, by avsc's resolver (hot path, the slow one:
// it makes an object an event, and serves only until every producer writes the reader's schema).
import type avro from 'avsc';
import { NULL_CODE } from '../../core/dictionary.ts';
import { messageOf } from '../../core/errors.ts';
import type { ColumnBuilder } from './column-builder.ts';
import type { RowReader } from './columnar-reader.ts';
import { OP_ENUM, type FieldPlan } from './column-plan.ts';

export class ObjectReader implements RowReader {
  readonly #fields: readonly FieldPlan[];
  readonly #decode: (bytes: Buffer) => unknown;

  /** Throws what avsc throws where the writer's schema cannot be read by the reader's. */
  constructor(fields: readonly FieldPlan[], reader: avro.Type, writer: avro.Type) {
    this.#fields = fields;
    const resolver = reader.createResolver(writer);
    this.#decode = (bytes) => reader.fromBuffer(bytes, resolver, false);
  }

  read(bytes: Buffer, from: number, to: number, into: ColumnBuilder, row: number): string | null {
    let record: unknown;
    try {
      record = this.#decode(bytes.subarray(from, to));
    } catch (error) {
      return messageOf(error);
    }
    for (const [i, field] of this.#fields.entries()) {
      const value = valueAt(record, field.path);
      if (value === null || value === undefined) into.setNull(i, row);
      else if (field.spec.kind === 'number') (into.numbers[i] as Float64Array)[row] = Number(value);
      // A string column's type gives strings alone.
      else (into.codes[i] as Int32Array)[row] = encode(into, i, field, value as string);
    }
    return null;
  }
}

function encode(into: ColumnBuilder, index: number, field: FieldPlan, text: string): number {
  if (field.op === OP_ENUM) return field.symbols.indexOf(text);
  return into.dictionaries.strings[index]?.encode(text) ?? NULL_CODE;
}

function valueAt(record: unknown, path: readonly string[]): unknown {
  let value = record;
  for (const name of path) value = (value as Record<string, unknown>)[name]; // avsc made it by this very schema
  return value;
}
