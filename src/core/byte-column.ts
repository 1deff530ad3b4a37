// Byte strings of many records in one buffer (hot path): no object per record. A view is created only for a row that
// needs it.

export class ByteColumn {
  readonly bytes: Buffer;
  /** Start of each in `bytes`; -1 for a missing value. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;

  constructor(bytes: Buffer, starts: Int32Array, ends: Int32Array) {
    this.bytes = bytes;
    this.starts = starts;
    this.ends = ends;
  }

  /** Copies the values. */
  static of(values: ReadonlyArray<Uint8Array | null>): ByteColumn {
    const starts = new Int32Array(values.length);
    const ends = new Int32Array(values.length);
    let at = 0;
    for (const [row, value] of values.entries()) {
      starts[row] = value === null ? NONE : at;
      if (value !== null) at += value.length;
      ends[row] = at;
    }
    return new ByteColumn(Buffer.concat(values.filter((value) => value !== null)), starts, ends);
  }

  /** Concatenates columns; a single column is returned as it is. */
  static concat(columns: readonly ByteColumn[]): ByteColumn {
    const [first] = columns;
    if (first !== undefined && columns.length === 1) return first;
    const rows = columns.reduce((sum, { length }) => sum + length, 0);
    const starts = new Int32Array(rows);
    const ends = new Int32Array(rows);
    const parts: Buffer[] = [];
    let row = 0;
    let at = 0;
    for (const column of columns) {
      const [from, to] = column.#span();
      parts.push(column.bytes.subarray(from, to));
      for (let i = 0; i < column.length; i++, row++) {
        const start = column.starts[i] as number;
        starts[row] = start < 0 ? NONE : start - from + at;
        ends[row] = (column.ends[i] as number) - from + at;
      }
      at += to - from;
    }
    return new ByteColumn(Buffer.concat(parts), starts, ends);
  }

  /** A copy in a buffer of its own, which is as large as the values. */
  compact(): ByteColumn {
    const bytes = Buffer.allocUnsafeSlow(this.byteLength);
    const starts = new Int32Array(this.length).fill(NONE);
    const ends = new Int32Array(this.length);
    let at = 0;
    for (let row = 0; row < this.length; row++) {
      const start = this.starts[row] as number;
      if (start >= 0) {
        starts[row] = at;
        at += this.bytes.copy(bytes, at, start, this.ends[row]);
      }
      ends[row] = at;
    }
    return new ByteColumn(bytes, starts, ends);
  }

  get length(): number {
    return this.starts.length;
  }

  /** A view of the value; null if the value is missing or there is no such row. */
  at(row: number): Buffer | null {
    const start = this.starts[row] ?? NONE;
    return start < 0 ? null : this.bytes.subarray(start, this.ends[row]);
  }

  /** Bytes of the value; 0 if it is missing. */
  bytesAt(row: number): number {
    const start = this.starts[row] as number;
    return start < 0 ? 0 : (this.ends[row] as number) - start;
  }

  /** Rows [from, to), sharing the buffer. */
  slice(from: number, to: number): ByteColumn {
    if (from === 0 && to === this.length) return this;
    return new ByteColumn(this.bytes, this.starts.subarray(from, to), this.ends.subarray(from, to));
  }

  /** Total bytes of all rows. */
  get byteLength(): number {
    let bytes = 0;
    for (let row = 0; row < this.length; row++) bytes += this.bytesAt(row);
    return bytes;
  }

  *[Symbol.iterator](): Generator<Buffer | null> {
    for (let row = 0; row < this.length; row++) yield this.at(row);
  }

  /** The part of the buffer that the rows occupy. */
  #span(): [from: number, to: number] {
    let from = this.bytes.length;
    let to = 0;
    for (let row = 0; row < this.length; row++) {
      const start = this.starts[row] as number;
      if (start < 0) continue;
      from = Math.min(from, start);
      to = Math.max(to, this.ends[row] as number);
    }
    return [Math.min(from, to), to];
  }
}

const NONE = -1;
