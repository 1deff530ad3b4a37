// The types of Kafka's flexible versions, KIP-482 (control path): compact strings and arrays have their length plus one as an
// unsigned varint, seven bits a byte, and structures end with tagged fields.
import type { ByteReader } from '../records/byte-reader.ts';
import type { ByteWriter } from '../records/byte-writer.ts';

export const NO_TAGS = 0;

export function writeCompactLength(out: ByteWriter, length: number): void {
  let rest = length + 1;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) out.bytes(Uint8Array.of((rest % 0x80) | 0x80));
  out.bytes(Uint8Array.of(rest));
}

export function writeCompactString(out: ByteWriter, text: string): void {
  const bytes = Buffer.from(text);
  writeCompactLength(out, bytes.length);
  out.bytes(bytes);
}

/** The length of a compact string or array; 0 for null. */
export function readCompactLength(read: ByteReader): number {
  return Math.max(0, unsignedVarint(read) - 1);
}

/** Empty for null. */
export function readCompactString(read: ByteReader): string {
  return read.bytes(readCompactLength(read)).toString();
}

export function skipTags(read: ByteReader): void {
  const count = unsignedVarint(read);
  for (let i = 0; i < count; i++) {
    unsignedVarint(read);
    read.bytes(unsignedVarint(read)); // throws past the end, which bounds the loop
  }
}

function unsignedVarint(read: ByteReader): number {
  let value = 0;
  for (let scale = 1; scale <= 0x1000_0000; scale *= 0x80) {
    const byte = read.bytes(1)[0] as number;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
  }
  return value;
}
