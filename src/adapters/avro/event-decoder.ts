// Decodes a source's records into columns (hot path): one call per batch, one reader per writer's schema.
import type { RawBatch } from '../../core/batch.ts';
import type { ColumnBuilder } from '../../core/column-builder.ts';
import { messageOf } from '../../core/errors.ts';
import { WRITER_SCHEMAS_MAX } from '../../core/limits.ts';
import type { Schema } from '../../core/schema.ts';
import type { EventDecoder } from '../../ports/format.ts';
import type { Schemas, SchemaText } from '../../ports/schemas.ts';
import { planColumns, schemaOf, type FieldPlan } from './column-plan.ts';
import { ColumnarReader, type RowReader } from './columnar-reader.ts';
import { resolve, type Action } from './resolution.ts';
import { ResolvingReader } from './resolving-reader.ts';
import type { RowFault } from './row-faults.ts';
import { isSameLayout } from './same-layout.ts';
import { parseSchema, type SchemaNode } from './schema-node.ts';
import type { SubjectSchema } from './subject-schema.ts';
import { FRAME_BYTES, schemaIdAt } from './wire-format.ts';

export class AvroEventDecoder implements EventDecoder {
  readonly schema: Schema;
  readonly fillsRows = true;
  readonly #fields: readonly FieldPlan[];
  readonly #node: SchemaNode;
  readonly #schemas: Schemas;
  readonly #isDerived: boolean;
  /** By writer's schema id: its reader, or why it has none. */
  readonly #readers = new Map<number, RowReader | RowFault>();

  /**
   * @param eventTime the column that holds the event time
   * @throws SCHEMA_INVALID, TOPOLOGY_INVALID for a schema that has no such columns
   */
  constructor({ subject, node }: SubjectSchema, schemas: Schemas, eventTime: string) {
    this.#fields = planColumns(node, subject, eventTime);
    this.schema = schemaOf(this.#fields);
    this.#node = node;
    this.#schemas = schemas;
    this.#isDerived = schemas.isDerived?.(subject) === true;
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
      else into.reject(index, fault.code, fault.message);
    }
  }

  #readerOf(id: number): RowReader | RowFault {
    const cached = this.#readers.get(id);
    if (cached !== undefined) return cached;
    const writer = this.#schemas.known(id);
    if (writer === undefined) {
      const message = `the registry ${this.#schemas.name} has no schema with id ${id}`;
      // Not kept, as it may be registered later.
      return this.#schemas.refusal(id) ?? { code: 'SCHEMA_UNKNOWN', message };
    }
    if (this.#readers.size >= WRITER_SCHEMAS_MAX) this.#readers.clear();
    const reader = this.#open(id, writer);
    this.#readers.set(id, reader);
    return reader;
  }

  #open(id: number, { language, text, references }: SchemaText): RowReader | RowFault {
    try {
      if (language !== 'AVRO') throw new Error(`its language is ${language}`);
      const writer = parseSchema(text, references);
      return isSameLayout(writer, this.#node)
        ? new ColumnarReader(this.#fields)
        : new ResolvingReader(this.#resolve(writer, `schema id ${id}`));
    } catch (error) {
      const message = `schema id ${id} cannot be read by the topology's: ${messageOf(error)}`;
      return { code: 'SCHEMA_INVALID', message };
    }
  }

  #resolve(writer: SchemaNode, where: string): Action {
    return resolve(writer, { node: this.#node, fields: this.#fields, isDerived: this.#isDerived }, where);
  }
}

const NO_VALUE: RowFault = { code: 'EVENT_MALFORMED', message: 'the record has no value' };
const NOT_FRAMED: RowFault = {
  code: 'EVENT_NOT_FRAMED',
  message: 'the bytes do not begin with a zero byte and a schema id',
};
