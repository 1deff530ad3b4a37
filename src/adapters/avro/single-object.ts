// Reads records in Avro's single-object encoding (hot path): C3 01, the fingerprint of the writer's schema, Avro binary.
// Source: https://avro.apache.org/docs/1.12.0/specification/#single-object-encoding
import type { ColumnBuilder } from '../../core/column-builder.ts';
import type { RowFault, RowReader } from '../shared/row-reader.ts';

const MARK_FIRST = 0xc3;
const MARK_SECOND = 0x01;
const FINGERPRINT_AT = 2;
const HEAD_BYTES = 10;

const NOT_FRAMED: RowFault = {
  code: 'EVENT_NOT_FRAMED',
  message: 'the bytes do not begin with a zero byte and a schema id',
};

export class SingleObjectReader implements RowReader {
  readonly #open: () => ReadonlyMap<string, RowReader>;
  #readers: ReadonlyMap<string, RowReader> | null = null;
  /** The fingerprint that was read last, and its reader. */
  readonly #last = Buffer.alloc(HEAD_BYTES);
  #lastReader: RowReader | null = null;

  /** @param open gives the readers by the fingerprint of the writer's schema, in hexadecimal; called for the first such record */
  constructor(open: () => ReadonlyMap<string, RowReader>) {
    this.#open = open;
  }

  read(bytes: Buffer, from: number, to: number, into: ColumnBuilder): RowFault | null {
    if (to - from < HEAD_BYTES || bytes[from] !== MARK_FIRST || bytes[from + 1] !== MARK_SECOND)
      return NOT_FRAMED;
    if (this.#lastReader === null || this.#last.compare(bytes, from, from + HEAD_BYTES) !== 0) {
      const fingerprint = bytes.toString('hex', from + FINGERPRINT_AT, from + HEAD_BYTES);
      this.#readers ??= this.#open();
      const reader = this.#readers.get(fingerprint);
      if (reader === undefined) return unknown(fingerprint);
      this.#lastReader = reader;
      bytes.copy(this.#last, 0, from, from + HEAD_BYTES);
    }
    return this.#lastReader.read(bytes, from + HEAD_BYTES, to, into);
  }
}

function unknown(fingerprint: string): RowFault {
  const message = `no schema has the fingerprint ${fingerprint}: name its file as avro({ singleObject })`;
  return { code: 'SCHEMA_UNKNOWN', message };
}
