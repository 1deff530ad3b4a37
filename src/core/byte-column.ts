// Byte strings of many records in one memory (hot path): no object a record. A view of one is made where a row needs it.

export class ByteColumn {
  readonly bytes: Buffer;
  /** Where each begins in `bytes`; -1 where there is none. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;

  constructor(bytes: Buffer, starts: Int32Array, ends: Int32Array) {
    this.bytes = bytes;
    this.starts = starts;
    this.ends = ends;
  }

  get length(): number {
    return this.starts.length;
  }

  /** A view; null where there is none, or no such row. */
  at(row: number): Buffer | null {
    const start = this.starts[row] ?? -1;
    return start < 0 ? null : this.bytes.subarray(start, this.ends[row]);
  }
}
