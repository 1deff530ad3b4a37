// The ids of schemas that newer serializers put into a header of the record (hot path, for records with headers alone): a
// record is read as if the header's bytes stood before its value, where serializers put them otherwise.
// Source: HeaderSchemaIdSerializer of Confluent's clients; https://kafka.apache.org/documentation/#recordheader
import { ByteColumn } from '../../../core/byte-column.ts';
import { frameBytes, VALUE_SCHEMA_HEADER } from '../../shared/wire-format.ts';
import { VarintReader } from './varint-reader.ts';

const NAME = Buffer.from(VALUE_SCHEMA_HEADER);

export class SchemaHeaders {
  /** Ascending, with the header's value in the memory of the records. */
  readonly #rows: number[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  /**
   * Notes the header of a row, if there is one: the last of its name.
   * @param bytes [from, to) are the headers, with their count
   * @param start of the bytes in the memory of the records
   */
  read(row: number, bytes: Buffer, from: number, to: number, start: number): void {
    const read = new VarintReader(bytes);
    read.at = from;
    let valueAt = -1;
    let valueEnd = -1;
    for (let left = read.int(); left > 0 && read.at < to; left--) {
      const nameLength = read.int();
      const nameAt = read.at;
      if (nameLength < 0 || nameAt + nameLength > to) break;
      read.at += nameLength;
      const length = read.int();
      const at = read.at;
      if (length > to - at) break;
      if (length > 0) read.at += length;
      if (!isName(bytes, nameAt, nameLength) || frameBytes(bytes, at, read.at) === 0) continue;
      valueAt = at;
      valueEnd = read.at;
    }
    if (valueAt < 0) return;
    this.#rows.push(row);
    this.#starts.push(start + valueAt);
    this.#ends.push(start + valueEnd);
  }

  /** Forgets rows from `row` on: their batch cannot be read after all. */
  truncate(row: number): void {
    while ((this.#rows.at(-1) ?? -1) >= row) this.#rows.length = this.#starts.length = this.#ends.length -= 1;
  }

  /** The values, each with its header before it. */
  before(values: ByteColumn): ByteColumn {
    if (this.#rows.length === 0) return values;
    const { bytes: memory } = values;
    const rows = values.length;
    const starts = new Int32Array(rows);
    const ends = new Int32Array(rows);
    const headed = this.#rows.reduce((sum, _, i) => sum + this.#lengthOf(i), 0);
    const bytes = Buffer.allocUnsafe(values.byteLength + headed);
    let at = 0;
    for (let row = 0, next = 0; row < rows; row++) {
      const start = values.starts[row] as number;
      starts[row] = start < 0 ? -1 : at;
      const isHeaded = this.#rows[next] === row;
      if (start >= 0) {
        if (isHeaded) at += memory.copy(bytes, at, this.#starts[next], this.#ends[next]);
        at += memory.copy(bytes, at, start, values.ends[row]);
      }
      if (isHeaded) next += 1;
      ends[row] = at;
    }
    return new ByteColumn(bytes, starts, ends);
  }

  #lengthOf(i: number): number {
    return (this.#ends[i] as number) - (this.#starts[i] as number);
  }
}

function isName(bytes: Buffer, at: number, length: number): boolean {
  return length === NAME.length && NAME.compare(bytes, at, at + length) === 0;
}
