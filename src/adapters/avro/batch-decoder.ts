// Decodes a topic's records into columns (hot path): one call a batch, one reader a writer's schema.
import type avro from 'avsc';
import type { Batch, RawBatch } from '../../core/batch.ts';
import { messageOf, type ErrorCode } from '../../core/errors.ts';
import type { Schema } from '../../core/schema.ts';
import type { BatchDecoder, DecodedBatch, UndecodableRow } from '../../ports/codec.ts';
import type { Schemas } from '../../ports/schemas.ts';
import { ColumnBuilder, ColumnDictionaries } from './column-builder.ts';
import { schemaOf, type FieldPlan } from './column-plan.ts';
import { ColumnarReader, type RowReader } from './columnar-reader.ts';
import { ObjectReader } from './object-reader.ts';
import { parseRegistered } from './subject-schema.ts';
import { FRAME_BYTES, schemaIdAt } from './wire-format.ts';

type Unreadable = Pick<UndecodableRow, 'code' | 'message'>;

export class AvroBatchDecoder implements BatchDecoder {
  readonly schema: Schema;
  readonly #fields: readonly FieldPlan[];
  readonly #eventTimeField: number;
  readonly #type: avro.Type;
  readonly #schemas: Schemas;
  readonly #dictionaries: ColumnDictionaries;
  /** By writer's schema id: its reader, or why it has none. */
  readonly #readers = new Map<number, RowReader | Unreadable>();

  constructor(type: avro.Type, fields: readonly FieldPlan[], eventTimeField: number, schemas: Schemas) {
    this.schema = schemaOf(fields);
    this.#fields = fields;
    this.#eventTimeField = eventTimeField;
    this.#type = type;
    this.#schemas = schemas;
    this.#dictionaries = new ColumnDictionaries(fields);
  }

  prepare(raw: RawBatch): Promise<void> | undefined {
    let settled = -1;
    let missing: Set<number> | null = null;
    const { bytes, starts, ends } = raw.values;
    for (let index = 0; index < raw.count; index++) {
      const from = starts[index] as number;
      const id = from < 0 ? -1 : schemaIdAt(bytes, from, ends[index] as number);
      if (id < 0 || id === settled) continue;
      if (this.#schemas.isSettled(id)) settled = id;
      else (missing ??= new Set()).add(id);
    }
    return missing === null ? undefined : this.#schemas.lookUp([...missing]);
  }

  decode(raw: RawBatch, rawFrom: number, rawTo: number): DecodedBatch {
    const capacity = rawTo - rawFrom;
    const into = new ColumnBuilder(this.#fields, capacity, this.#dictionaries);
    const rawIndex = new Int32Array(capacity);
    const eventTimes = into.numbers[this.#eventTimeField] as Float64Array;
    const failures: UndecodableRow[] = [];
    let size = 0;
    let readerId = -1;
    let reader: RowReader | null = null;
    const { bytes, starts, ends } = raw.values;
    for (let index = rawFrom; index < rawTo; index++) {
      const from = starts[index] as number;
      const to = ends[index] as number;
      const id = from < 0 ? -1 : schemaIdAt(bytes, from, to);
      if (id < 0) {
        failures.push({ index, ...(from < 0 ? NO_VALUE : NOT_FRAMED) });
        continue;
      }
      if (id !== readerId || reader === null) {
        const found = this.#readerOf(id);
        if ('code' in found) {
          failures.push({ index, ...found });
          continue;
        }
        reader = found;
        readerId = id;
      }
      const wrong = reader.read(bytes, from + FRAME_BYTES, to, into, size);
      if (wrong !== null) failures.push({ index, code: 'EVENT_MALFORMED', message: wrong });
      else if (!Number.isFinite(eventTimes[size])) failures.push({ index, ...NO_EVENT_TIME });
      else rawIndex[size++] = index;
    }
    return { batch: this.#batch(raw, rawTo, into, rawIndex, size), failures };
  }

  #batch(raw: RawBatch, rawTo: number, into: ColumnBuilder, rawIndex: Int32Array, size: number): Batch {
    const rows = new Int32Array(size);
    const offsets = new Float64Array(size);
    for (let row = 0; row < size; row++) {
      rows[row] = row;
      offsets[row] = raw.offsets[rawIndex[row] as number] as number;
    }
    return {
      kind: 'batch',
      origin: raw.origin,
      size,
      rows,
      offsets,
      eventTimeMs: (into.numbers[this.#eventTimeField] as Float64Array).subarray(0, size),
      columns: into.columns(this.#fields, size),
      offsetNext: rawTo >= raw.count ? raw.offsetNext : (raw.offsets[rawTo - 1] as number) + 1,
      receivedAtMs: raw.receivedAtMs,
      raw,
      rawIndex: rawIndex.subarray(0, size),
      flags: null,
      features: null,
      predictions: null,
      labels: null,
    };
  }

  #readerOf(id: number): RowReader | Unreadable {
    const cached = this.#readers.get(id);
    if (cached !== undefined) return cached;
    const writer = this.#schemas.known(id);
    if (writer === undefined) {
      return unreadable('SCHEMA_UNKNOWN', `the registry ${this.#schemas.name} has no schema with id ${id}`);
    }
    let reader: RowReader | Unreadable;
    try {
      const type = parseRegistered(writer);
      reader = type.equals(this.#type)
        ? new ColumnarReader(this.#fields)
        : new ObjectReader(this.#fields, this.#type, type);
    } catch (error) {
      reader = unreadable(
        'SCHEMA_INVALID',
        `schema id ${id} cannot be read by the topology's: ${messageOf(error)}`,
      );
    }
    this.#readers.set(id, reader);
    return reader;
  }
}

const NO_EVENT_TIME = unreadable('EVENT_MALFORMED', 'the event time is null or no number');

const NO_VALUE = unreadable('EVENT_MALFORMED', 'the record has no value');
const NOT_FRAMED = unreadable('EVENT_NOT_FRAMED', 'the bytes do not begin with a zero byte and a schema id');

function unreadable(code: ErrorCode, message: string): Unreadable {
  return { code, message };
}
