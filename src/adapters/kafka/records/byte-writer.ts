// Kafka's primitive types written into one growing buffer (hot path). Big-endian; varints are zigzag, as in protobuf.
// https://kafka.apache.org/protocol.html#protocol_types
import { writeVarint, writeVarlong } from '../../../core/varint.ts';

const BYTES_START = 4_096;
const SHORT_BYTES_MAX = 96;
const TWO_32 = 0x1_0000_0000;

export class ByteWriter {
  #buffer: Buffer;
  #at = 0;

  constructor(bytes: number = BYTES_START) {
    this.#buffer = Buffer.allocUnsafe(bytes);
  }

  get length(): number {
    return this.#at;
  }

  /** The bytes written so far; valid until the next write. */
  view(from = 0): Buffer {
    return this.#buffer.subarray(from, this.#at);
  }

  /** Starts again with the same memory. */
  clear(): void {
    this.#at = 0;
  }

  /** Takes back what was written after the first `bytes`. */
  truncate(bytes: number): void {
    this.#at = bytes;
  }

  reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + bytes));
    this.#buffer.copy(grown, 0, 0, this.#at);
    this.#buffer = grown;
  }

  /** Leaves room for bytes that are written later. Returns where they start. */
  skip(bytes: number): number {
    this.reserve(bytes);
    const at = this.#at;
    this.#at += bytes;
    return at;
  }

  int8(value: number): void {
    this.reserve(1);
    this.#at = this.#buffer.writeInt8(value, this.#at);
  }

  int16(value: number): void {
    this.reserve(2);
    this.#at = this.#buffer.writeInt16BE(value, this.#at);
  }

  int32(value: number): void {
    this.reserve(4);
    this.#at = this.#buffer.writeInt32BE(value, this.#at);
  }

  int32At(at: number, value: number): void {
    this.#buffer.writeInt32BE(value, at);
  }

  uint32At(at: number, value: number): void {
    this.#buffer.writeUInt32BE(value, at);
  }

  /** An integer of up to 53 bits. */
  int64(value: number): void {
    this.int64At(this.skip(8), value);
  }

  int64At(at: number, value: number): void {
    this.#buffer.writeInt32BE(Math.floor(value / TWO_32), at);
    this.#buffer.writeUInt32BE(value - Math.floor(value / TWO_32) * TWO_32, at + 4);
  }

  /** NULLABLE_STRING. */
  string(value: string | null): void {
    if (value === null) return this.int16(-1);
    const bytes = Buffer.byteLength(value);
    this.int16(bytes);
    this.reserve(bytes);
    this.#at += this.#buffer.write(value, this.#at, 'utf8');
  }

  bytes(value: Uint8Array): void {
    this.reserve(value.length);
    this.#buffer.set(value, this.#at);
    this.#at += value.length;
  }

  /** Bytes [from, to) of `source`; reserve room for them first. */
  part(source: Buffer, from: number, to: number): void {
    const buffer = this.#buffer;
    const at = this.#at;
    const length = to - from;
    // A call into native code costs more than a short loop.
    if (length > SHORT_BYTES_MAX) source.copy(buffer, at, from, to);
    else for (let i = 0; i < length; i++) buffer[at + i] = source[from + i] as number;
    this.#at = at + length;
  }

  /** 32 bits; reserve room for it first. */
  varint(value: number): void {
    this.#at = writeVarint(this.#buffer, this.#at, value);
  }

  /** 53 bits; reserve room for it first. */
  varlong(value: number): void {
    this.#at = writeVarlong(this.#buffer, this.#at, value);
  }
}

/** The size of a varint of 32 bits, in bytes. */
export function varintBytes(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  return zigzag < 0x80 ? 1 : Math.ceil((32 - Math.clz32(zigzag)) / 7);
}

/** The size of a varint of 52 bits, in bytes. */
export function varlongBytes(value: number): number {
  if (value >= -0x4000_0000 && value < 0x4000_0000) return varintBytes(value);
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  let bytes = 1;
  while (rest > 0x7f) {
    rest = Math.floor(rest / 0x80);
    bytes += 1;
  }
  return bytes;
}
