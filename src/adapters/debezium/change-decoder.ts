// Decodes changes of a table (hot path): a format reads the row after the change straight into the columns, and for a deleted
// row once more the row before. What is no event is left out.
import type { RawBatch } from '../../core/batch.ts';
import { ByteColumn } from '../../core/byte-column.ts';
import type { ColumnBuilder, RecordFaultCode } from '../../core/column-builder.ts';
import type { Schema } from '../../core/schema.ts';
import type { EventDecoder } from '../../ports/format.ts';
import { withoutOperation } from './control-records.ts';
import { withDocuments } from './documents.ts';
import type { EnvelopeDecoders } from './envelope-decoders.ts';
import { isPlaceholder, isPlaceholderText } from './placeholder.ts';
import type { RecordSchemas } from './record-schemas.ts';

export interface ChangeChoices {
  readonly deletes: 'skip' | 'event';
  readonly snapshot: 'event' | 'skip';
  /** An event has no row: all columns but the operation and those of the envelope are null. */
  readonly truncations: 'skip' | 'event';
}

export interface ChangeParts {
  readonly schema: Schema;
  /** The column of the operation. */
  readonly operation: number;
  /** By column: whether it keeps the value that it got with the row after. */
  readonly kept: readonly boolean[];
  readonly choices: ChangeChoices;
  /** Forms of envelopes, each with the same columns in the order of the schema. */
  readonly forms: readonly EnvelopeDecoders[];
  /** Of records that have their schema with them; null where there are none. */
  readonly schemas: RecordSchemas | null;
  /** Whether the records are JSON: documents of MongoDB are read, and records beside the changes are known. */
  readonly isJson: boolean;
}

/** Instead of a position of a form. */
const NAMED = -1;

const NO_OPERATION = 0;
const CREATE = 0x63;
const UPDATE = 0x75;
const DELETE = 0x64;
const READ = 0x72;
const TRUNCATE = 0x74;
const MESSAGE = 0x6d;
const STRANGE = 0xff;

const NO_ENVELOPE = "the record is no change of Debezium's: it has no operation 'op'";
const FLATTENED =
  'the record is a row that ExtractNewRecordState has flattened: read it with format: json(), or remove the transformation';
/** Instead of a column. */
const NONE = -1;
const STRANGE_OPERATION = "the operation 'op' is none of c, u, d, r, t and m";

/** Stands between a format and the engine: what the format accepts is accepted, left out, or decoded in another way. */
export class ChangeDecoder implements EventDecoder, ColumnBuilder {
  readonly schema: Schema;
  readonly fillsRows: boolean;
  readonly #operationColumn: number;
  readonly #kept: Uint8Array;
  readonly #choices: ChangeChoices;
  readonly #forms: readonly EnvelopeDecoders[];
  readonly #schemas: RecordSchemas | null;
  readonly #isJson: boolean;
  readonly #required: Int32Array;
  readonly #isNumber: Uint8Array;
  readonly #missing: readonly string[];
  readonly #unavailable: readonly string[];
  /** The last column of the record whose value the connector did not get. */
  #unknown = NONE;
  /** The form that the last event had: it is tried first. */
  #likely = 0;
  /** What is being read, and its position among the forms; -1 for a schema of records. */
  #decoders!: EnvelopeDecoders;
  #form = 0;
  #isBefore = false;
  #isRetry = false;
  /** Whether the record is one whose documents have become objects. */
  #isPlain = false;
  #plainStarts = new Int32Array(0);
  #plainEnds = new Int32Array(0);
  #operation = NO_OPERATION;
  #records!: RawBatch;
  #into!: ColumnBuilder;

  constructor({ schema, operation, kept, choices, forms, schemas, isJson }: ChangeParts) {
    const columns = Object.entries(schema);
    this.schema = schema;
    this.fillsRows = forms.every(
      ({ after, before }) => after.fillsRows === true && before.fillsRows === true,
    );
    this.#operationColumn = operation;
    this.#kept = Uint8Array.from(kept, Number);
    this.#choices = choices;
    this.#forms = forms;
    this.#schemas = schemas;
    this.#isJson = isJson;
    this.#required = Int32Array.from(
      columns.flatMap(([, { nullable }], column) => (nullable ? [] : [column])),
    );
    this.#isNumber = Uint8Array.from(columns, ([, { kind }]) => Number(kind === 'number'));
    this.#missing = columns.map(([name]) => `'${name}' is null or missing`);
    this.#unavailable = columns.map(
      ([name]) =>
        `'${name}' is a large value that the connector did not get: declare it nullable, or give the table REPLICA IDENTITY FULL`,
    );
  }

  /** Which schemas the records name does not depend on the form. */
  prepare(records: RawBatch): Promise<void> | undefined {
    const framed = this.#forms[0]?.after.prepare?.(records);
    const schemas = this.#schemas?.prepare(records);
    return framed === undefined || schemas === undefined
      ? (framed ?? schemas)
      : Promise.all([framed, schemas]).then(() => undefined);
  }

  decode(records: RawBatch, from: number, to: number, into: ColumnBuilder): void {
    this.#records = records;
    this.#into = into;
    this.#isBefore = false;
    this.#isRetry = false;
    const schemas = this.#schemas;
    for (let at = from; at < to;) {
      const isNamed = schemas?.isNamed(records, at) === true;
      const found = isNamed ? schemas.find(records, at) : null;
      let end = at + 1;
      if (schemas === null) end = to;
      else if (!isNamed) while (end < to && !schemas.isNamed(records, end)) end++;
      else while (end < to && schemas.isNamed(records, end) && schemas.find(records, end) === found) end++;
      if (found !== null && 'code' in found)
        for (let index = at; index < end; index++) into.reject(index, found.code, found.message);
      else {
        this.#use(found === null ? this.#likely : NAMED, found);
        this.#decoders.after.decode(records, at, end, this);
      }
      at = end;
    }
  }

  #use(form: number, named: EnvelopeDecoders | null = null): void {
    this.#form = form;
    this.#decoders = named ?? (this.#forms[form] as EnvelopeDecoders); // it is a position there
  }

  get row(): number {
    return this.#into.row;
  }
  get numbers(): readonly Float64Array[] {
    return this.#into.numbers;
  }
  get codes(): readonly Int32Array[] {
    return this.#into.codes;
  }
  get lists(): ColumnBuilder['lists'] {
    return this.#into.lists;
  }

  setNumber(column: number, value: number): void {
    this.#into.setNumber(column, value);
  }

  setString(column: number, value: string): boolean {
    if (column === this.#operationColumn)
      this.#operation = value.length === 1 ? value.charCodeAt(0) : STRANGE;
    return isPlaceholderText(value) ? this.#setUnknown(column) : this.#into.setString(column, value);
  }

  setUtf8(column: number, bytes: Uint8Array, from: number, to: number): boolean {
    if (column === this.#operationColumn)
      this.#operation = to - from === 1 ? (bytes[from] as number) : STRANGE;
    return isPlaceholder(bytes, from, to)
      ? this.#setUnknown(column)
      : this.#into.setUtf8(column, bytes, from, to);
  }

  #setUnknown(column: number): boolean {
    this.setNull(column);
    this.#unknown = column;
    return true;
  }

  setNull(column: number): void {
    if (column === this.#operationColumn) this.#operation = NO_OPERATION;
    if (!(this.#isBefore && this.#kept[column] === 1)) this.#into.setNull(column);
  }

  accept(index: number): void {
    const operation = this.#operation;
    this.#operation = NO_OPERATION;
    if (this.#isBefore) return this.#event(index);
    switch (operation) {
      case CREATE:
      case UPDATE:
        return this.#event(index);
      case READ:
        return this.#choices.snapshot === 'event' ? this.#event(index) : this.#into.skip(index);
      case DELETE:
        return this.#choices.deletes === 'event' ? this.#deleted(index) : this.#into.skip(index);
      case TRUNCATE:
        return this.#choices.truncations === 'event' ? this.#into.accept(index) : this.#into.skip(index);
      case MESSAGE:
        return this.#into.skip(index);
      case NO_OPERATION:
        return this.#withoutOperation(index);
      default:
        return this.#into.reject(index, 'EVENT_MALFORMED', STRANGE_OPERATION);
    }
  }

  #event(index: number): void {
    const { row, numbers, codes, lists } = this.#into;
    for (let i = 0; i < this.#required.length; i++) {
      const column = this.#required[i] as number;
      const list = lists[column] ?? null;
      const number = this.#isNumber[column] === 1 ? (numbers[column] as Float64Array)[row] : 0;
      const isNull =
        list === null
          ? number !== number || (this.#isNumber[column] === 0 && (codes[column] as Int32Array)[row] === -1)
          : list.size < 0;
      if (isNull) return this.#refuse(index, column);
    }
    this.#unknown = NONE;
    this.#into.accept(index);
  }

  #refuse(index: number, column: number): void {
    const messages = column === this.#unknown ? this.#unavailable : this.#missing;
    this.#unknown = NONE;
    this.#into.reject(index, 'EVENT_MALFORMED', messages[column] as string);
  }

  #deleted(index: number): void {
    this.#isBefore = true;
    this.#decoders.before.decode(this.#records, index, index + 1, this);
    this.#isBefore = false;
  }

  /** The envelope may be in another form than that of the record before. */
  #withoutOperation(index: number): void {
    const form = this.#form;
    if (this.#isRetry || form === NAMED) return this.#noChange(index);
    const { row } = this.#into;
    this.#isRetry = true;
    this.#use((form + 1) % this.#forms.length);
    this.#decoders.after.decode(this.#records, index, index + 1, this);
    if (this.#into.row > row) this.#likely = this.#form;
    // The rest of the batch is being read in the form that it began with.
    this.#use(form);
    this.#isRetry = false;
  }

  #noChange(index: number): void {
    const kind = this.#isJson ? withoutOperation(String(this.#records.values.at(index))) : 'other';
    if (kind === 'control') this.#into.skip(index);
    else this.#into.reject(index, 'EVENT_MALFORMED', kind === 'flattened' ? FLATTENED : NO_ENVELOPE);
  }

  skip(index: number): void {
    this.#into.skip(index);
  }

  reject(index: number, code: RecordFaultCode, message: string): void {
    this.#operation = NO_OPERATION;
    this.#unknown = NONE;
    // A tombstone, for compaction.
    if ((this.#records.values.starts[index] as number) < 0) this.#into.skip(index);
    else if (code !== 'EVENT_MALFORMED' || !this.#readDocuments(index))
      this.#into.reject(index, code, message);
  }

  /** False for a record that has no documents in text. */
  #readDocuments(index: number): boolean {
    const plain =
      this.#isJson && !this.#isPlain ? withDocuments(this.#records.values.at(index) as Buffer) : null;
    if (plain === null) return false;
    const records = this.#records;
    const { after, before } = this.#decoders;
    if (this.#plainEnds.length < records.count) {
      this.#plainStarts = new Int32Array(records.count);
      this.#plainEnds = new Int32Array(records.count);
    }
    this.#plainEnds[index] = plain.length;
    this.#records = { ...records, values: new ByteColumn(plain, this.#plainStarts, this.#plainEnds) };
    this.#isPlain = true;
    (this.#isBefore ? before : after).decode(this.#records, index, index + 1, this);
    this.#isPlain = false;
    this.#records = records;
    return true;
  }
}
