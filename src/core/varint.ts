// Zigzag varints as in Avro, Protobuf and Kafka (hot path): 7 bits per byte, least significant first.

/** Maximum bytes of a 64-bit varint. */
export const VARINT_BYTES_MAX = 10;

/** Writes a 32-bit integer; returns the end position. */
export function writeVarint(into: Uint8Array, at: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let end = at;
  while (rest > 0x7f) {
    into[end++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  into[end++] = rest;
  return end;
}

/** Writes a 53-bit integer; returns the end position. */
export function writeVarlong(into: Uint8Array, at: number, value: number): number {
  if (value >= -0x4000_0000 && value < 0x4000_0000) return writeVarint(into, at, value);
  // Twice a 53-bit integer may have no exact Float64, so the lowest bits are written before it is doubled.
  const half = value < 0 ? -value - 1 : value;
  const low = ((half % 0x40) * 2) | (value < 0 ? 1 : 0);
  let rest = Math.floor(half / 0x40);
  let end = at;
  into[end++] = low | 0x80;
  while (rest > 0x7f) {
    into[end++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  into[end++] = rest;
  return end;
}
