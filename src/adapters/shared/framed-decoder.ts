// Decodes records that may be framed by a schema registry (hot path): one call per batch, one reader per writer's schema.
// What a schema's language is decides how the records that name it are read; the formats differ in that alone.
import type { RawBatch } from '../../core/batch.ts';
import type { ColumnBuilder } from '../../core/column-builder.ts';
import { messageOf } from '../../core/errors.ts';
import { WRITER_SCHEMAS_MAX } from '../../core/event-limits.ts';
import type { Schema } from '../../core/schema.ts';
import type { EventDecoder } from '../../ports/format.ts';
import type { SchemaKey, SchemaLanguage, Schemas, SchemaText } from '../../ports/schemas.ts';
import type { RowFault, RowReader } from './row-reader.ts';
import { FRAME_BYTES, GUID_FRAME_BYTES, guidAt, hasGuid, schemaIdAt } from './wire-format.ts';

export interface FramedParts {
  /** Of the schemas that `open` takes. */
  readonly language: SchemaLanguage;
  readonly schema: Schema;
  readonly schemas: Schemas;
  /** The reader for records of a writer's schema. Throws an Error that says why it cannot be read by the topology's. */
  readonly open: (writer: SchemaText, id: SchemaKey) => RowReader;
  /** The reader of records without a frame, or why there is none. */
  readonly unframed: RowReader | RowFault;
  /** Whether records that name their schema by a GUID are read as those without a frame are: they need no registry. */
  readonly ignoresGuids?: boolean;
}

export class FramedDecoder implements EventDecoder {
  readonly schema: Schema;
  readonly fillsRows = true;
  readonly #language: SchemaLanguage;
  readonly #schemas: Schemas;
  readonly #openReader: FramedParts['open'];
  readonly #unframed: RowReader | RowFault;
  #others: ReadonlyMap<SchemaLanguage, FramedDecoder> = new Map();
  readonly #ignoresGuids: boolean;
  /** By the writer's schema id or GUID: its reader, or why it has none. */
  readonly #readers = new Map<SchemaKey, RowReader | RowFault>();
  /** The GUID that was read last, with its magic byte, and its reader. */
  readonly #guid = Buffer.alloc(GUID_FRAME_BYTES);
  #guidReader: RowReader | null = null;

  constructor({ language, schema, schemas, open, unframed, ignoresGuids = false }: FramedParts) {
    this.#language = language;
    this.schema = schema;
    this.#schemas = schemas;
    this.#openReader = open;
    this.#unframed = unframed;
    this.#ignoresGuids = ignoresGuids;
  }

  /** Those with other columns, or in another order, are left out. */
  readOthersBy(decoders: readonly EventDecoder[]): void {
    const names = Object.keys(this.schema).join();
    const others = decoders.filter(
      (decoder): decoder is FramedDecoder =>
        decoder instanceof FramedDecoder && Object.keys(decoder.schema).join() === names,
    );
    this.#others = new Map(others.map((decoder) => [decoder.#language, decoder]));
  }

  prepare({ count, values }: RawBatch): Promise<void> | undefined {
    let settled = -1;
    let missing: Set<SchemaKey> | null = null;
    const { bytes, starts, ends } = values;
    for (let index = 0; index < count; index++) {
      const from = starts[index] as number;
      if (from < 0) continue;
      const to = ends[index] as number;
      const id = schemaIdAt(bytes, from, to);
      if (id < 0) {
        if (hasGuid(bytes, from, to) && !this.#isGuidKnown(bytes, from))
          (missing ??= new Set()).add(guidAt(bytes, from));
      } else if (id !== settled) {
        if (this.#schemas.isSettled(id)) settled = id;
        else (missing ??= new Set()).add(id);
      }
    }
    return missing === null ? undefined : this.#schemas.lookUp([...missing]);
  }

  #isGuidKnown(bytes: Buffer, from: number): boolean {
    return (
      this.#ignoresGuids || this.#isLastGuid(bytes, from) || this.#schemas.isSettled(guidAt(bytes, from))
    );
  }

  #isLastGuid(bytes: Buffer, from: number): boolean {
    return this.#guidReader !== null && this.#guid.compare(bytes, from, from + GUID_FRAME_BYTES) === 0;
  }

  decode({ values }: RawBatch, begin: number, end: number, into: ColumnBuilder): void {
    let readerId = -1;
    let found = this.#unframed;
    let reader = 'code' in found ? null : found;
    const { bytes, starts, ends } = values;
    for (let index = begin; index < end; index++) {
      const from = starts[index] as number;
      if (from < 0) {
        into.reject(index, NO_VALUE.code, NO_VALUE.message);
        continue;
      }
      const to = ends[index] as number;
      const id = schemaIdAt(bytes, from, to);
      let start = id < 0 ? from : from + FRAME_BYTES;
      if (id < 0 && hasGuid(bytes, from, to)) {
        found = this.#guidReaderAt(bytes, from);
        reader = 'code' in found ? null : found;
        readerId = Number.NaN; // no id equals it
        start = from + GUID_FRAME_BYTES;
      } else if (id !== readerId) {
        found = id < 0 ? this.#unframed : this.#readerOf(id);
        reader = 'code' in found ? null : found;
        readerId = id;
      }
      const fault = reader === null ? (found as RowFault) : reader.read(bytes, start, to, into); // it is no reader
      if (fault === null) into.accept(index);
      else into.reject(index, fault.code, fault.message);
    }
  }

  #guidReaderAt(bytes: Buffer, from: number): RowReader | RowFault {
    if (this.#ignoresGuids) return this.#unframed;
    if (this.#guidReader !== null && this.#isLastGuid(bytes, from)) return this.#guidReader;
    const found = this.#readerOf(guidAt(bytes, from));
    this.#guidReader = 'code' in found ? null : found;
    bytes.copy(this.#guid, 0, from, from + GUID_FRAME_BYTES);
    return found;
  }

  #readerOf(id: SchemaKey): RowReader | RowFault {
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

  #open(id: SchemaKey, writer: SchemaText): RowReader | RowFault {
    try {
      if (writer.language === this.#language) return this.#openReader(writer, id);
      const other = this.#others.get(writer.language);
      if (other === undefined) throw new Error(`its language is ${writer.language}`);
      return other.#openReader(writer, id);
    } catch (error) {
      const message = `schema id ${id} cannot be read by the topology's: ${messageOf(error)}`;
      return { code: 'SCHEMA_INVALID', message };
    }
  }
}

const NO_VALUE: RowFault = { code: 'EVENT_MALFORMED', message: 'the record has no value' };
