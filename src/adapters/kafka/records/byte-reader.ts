// Kafka's primitive types read from one buffer (hot path). Big-endian; varints are zigzag, as in protobuf.
// https://kafka.apache.org/protocol.html#protocol_types
import { MillraceError } from '../../../core/errors.ts';

const TWO_32 = 0x1_0000_0000;

/** An integer of up to 53 bits, as offsets and times are. */
export function readInt64(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * TWO_32 + buffer.readUInt32BE(at + 4);
}

export class ByteReader {
  readonly buffer: Buffer;
  at: number;

  constructor(buffer: Buffer, at = 0) {
    this.buffer = buffer;
    this.at = at;
  }

  int16(): number {
    return this.buffer.readInt16BE(this.#skip(2));
  }

  int32(): number {
    return this.buffer.readInt32BE(this.#skip(4));
  }

  int64(): number {
    return readInt64(this.buffer, this.#skip(8));
  }

  bigInt64(): bigint {
    return this.buffer.readBigInt64BE(this.#skip(8));
  }

  /** NULLABLE_STRING. */
  string(): string | null {
    const bytes = this.int16();
    if (bytes < 0) return null;
    const at = this.#skip(bytes);
    return this.buffer.toString('utf8', at, at + bytes);
  }

  /** A view of the next bytes. */
  bytes(length: number): Buffer {
    const at = this.#skip(length);
    return this.buffer.subarray(at, at + length);
  }

  /** An array's elements; a null array has none. */
  array<T>(element: () => T): T[] {
    const count = this.int32();
    const elements: T[] = [];
    for (let i = 0; i < count; i++) elements.push(element());
    return elements;
  }

  #skip(bytes: number): number {
    const at = this.at;
    if (bytes < 0 || at + bytes > this.buffer.length) {
      throw new MillraceError('LOG_FAILED', `an answer from Kafka ends after ${this.buffer.length} bytes`, {
        where: `byte ${at}`,
      });
    }
    this.at = at + bytes;
    return at;
  }
}
