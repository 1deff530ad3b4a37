// Decodes a source's records into columns (hot path): one call per batch, one reader per writer's schema.
import type avro from 'avsc';
import type { RawBatch } from '../../core/batch.ts';
import type { ColumnBuilder, RecordFault } from '../../core/column-builder.ts';
import { messageOf } from '../../core/errors.ts';
import type { Schema } from '../../core/schema.ts';
import type { EventDecoder } from '../../ports/format.ts';
import type { Schemas, SchemaText } from '../../ports/schemas.ts';
import { planColumns, schemaOf, type FieldPlan } from './column-plan.ts';
import { ColumnarReader, type RowReader } from './columnar-reader.ts';
import { ObjectReader } from './object-reader.ts';
import { parseRegistered, type SubjectSchema } from './subject-schema.ts';
import { FRAME_BYTES, schemaIdAt } from './wire-format.ts';

type Unreadable = Pick<RecordFault, 'code' | 'message'>;

export class AvroEventDecoder implements EventDecoder {
  readonly schema: Schema;
  readonly fillsRows = true;
  readonly #fields: readonly FieldPlan[];
  readonly #type: avro.Type;
  readonly #schemas: Schemas;
  /** By writer's schema id: its reader, or why it has none. */
  readonly #readers = new Map<number, RowReader | Unreadable>();

  constructor({ subject, type }: SubjectSchema, schemas: Schemas) {
    this.#fields = planColumns(type, subject);
    this.schema = schemaOf(this.#fields);
    this.#type = type;
    this.#schemas = schemas;
  }

  prepare({ count, values }: RawBatch): Promise<void> | undefined {
    let settled = -1;
    let missing: Set<number> | null = null;
    const { bytes, starts, ends } = values;
    for (let index = 0; index < count; index++) {
      const from = starts[index] as number;
      const id = from < 0 ? -1 : schemaIdAt(bytes, from, ends[index] as number);
      if (id < 0 || id === settled) continue;
      if (this.#schemas.isSettled(id)) settled = id;
      else (missing ??= new Set()).add(id);
    }
    return missing === null ? undefined : this.#schemas.lookUp([...missing]);
  }

  decode({ values }: RawBatch, begin: number, end: number, into: ColumnBuilder): void {
    let readerId = -1;
    let reader: RowReader | null = null;
    const { bytes, starts, ends } = values;
    for (let index = begin; index < end; index++) {
      const from = starts[index] as number;
      const to = ends[index] as number;
      const id = from < 0 ? -1 : schemaIdAt(bytes, from, to);
      if (id < 0) {
        const { code, message } = from < 0 ? NO_VALUE : NOT_FRAMED;
        into.reject(index, code, message);
        continue;
      }
      if (id !== readerId || reader === null) {
        const found = this.#readerOf(id);
        if ('code' in found) {
          into.reject(index, found.code, found.message);
          continue;
        }
        reader = found;
        readerId = id;
      }
      const fault = reader.read(bytes, from + FRAME_BYTES, to, into);
      if (fault === null) into.accept(index);
      else into.reject(index, 'EVENT_MALFORMED', fault);
    }
  }

  #readerOf(id: number): RowReader | Unreadable {
    const cached = this.#readers.get(id);
    if (cached !== undefined) return cached;
    const writer = this.#schemas.known(id);
    if (writer === undefined) {
      const message = `the registry ${this.#schemas.name} has no schema with id ${id}`;
      return { code: 'SCHEMA_UNKNOWN', message }; // not kept, as it may be registered later
    }
    const reader = this.#open(id, writer);
    this.#readers.set(id, reader);
    return reader;
  }

  #open(id: number, writer: SchemaText): RowReader | Unreadable {
    try {
      const type = parseRegistered(writer);
      return type.equals(this.#type)
        ? new ColumnarReader(this.#fields)
        : new ObjectReader(this.#fields, this.#type, type);
    } catch (error) {
      const message = `schema id ${id} cannot be read by the topology's: ${messageOf(error)}`;
      return { code: 'SCHEMA_INVALID', message };
    }
  }
}

const NO_VALUE: Unreadable = { code: 'EVENT_MALFORMED', message: 'the record has no value' };
const NOT_FRAMED: Unreadable = {
  code: 'EVENT_NOT_FRAMED',
  message: 'the bytes do not begin with a zero byte and a schema id',
};
