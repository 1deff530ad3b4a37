// Headers of one name (hot path, for records with headers alone): those that a reader asks for, and the ids of schemas that
// newer serializers put there. With these, a record is read as if the header's bytes stood before its value, where
// serializers put them otherwise.
// Source: HeaderSchemaIdSerializer of Confluent's clients; https://kafka.apache.org/documentation/#recordheader
import { ByteColumn } from '../../../core/byte-column.ts';
import { frameBytes, VALUE_SCHEMA_HEADER } from '../../shared/wire-format.ts';
import { VarintReader } from './varint-reader.ts';

/** Whether the bytes of a value in [from, to) count. */
type Accepts = (bytes: Buffer, from: number, to: number) => boolean;

const isFrame: Accepts = (bytes, from, to) => frameBytes(bytes, from, to) > 0;

export class NotedHeaders {
  readonly #name: Buffer;
  readonly #accepts: Accepts;
  /** Ascending, with the header's value in the memory of the records. */
  readonly #rows: number[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  constructor(name: string, accepts: Accepts = () => true) {
    this.#name = Buffer.from(name);
    this.#accepts = accepts;
  }

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
      if (!this.#isName(bytes, nameAt, nameLength) || length < 0 || !this.#accepts(bytes, at, read.at))
        continue;
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

  /** By row; none where the record has no such header. @param memory of the records */
  column(memory: Buffer, rows: number): ByteColumn {
    const starts = new Int32Array(rows).fill(-1);
    const ends = new Int32Array(rows);
    for (const [i, row] of this.#rows.entries()) {
      starts[row] = this.#starts[i] as number;
      ends[row] = this.#ends[i] as number;
    }
    return new ByteColumn(memory, starts, ends);
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

  #isName(bytes: Buffer, at: number, length: number): boolean {
    return length === this.#name.length && this.#name.compare(bytes, at, at + length) === 0;
  }

  #lengthOf(i: number): number {
    return (this.#ends[i] as number) - (this.#starts[i] as number);
  }
}

export function schemaHeaders(): NotedHeaders {
  return new NotedHeaders(VALUE_SCHEMA_HEADER, isFrame);
}
