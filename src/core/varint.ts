// Zigzag varints as Avro, protobuf and Kafka have them (hot path): 7 bits a byte, the low ones first.

/** Bytes of a varint of 64 bits at most. */
export const VARINT_BYTES_MAX = 10;

/** Writes a whole number of 32 bits; gives where it ends. */
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

/** Writes a whole number of 53 bits; gives where it ends. */
export function writeVarlong(into: Uint8Array, at: number, value: number): number {
  if (value >= -0x4000_0000 && value < 0x4000_0000) return writeVarint(into, at, value);
  // Twice a number of 53 bits may have no exact Float64: its lowest bits go first, while it is whole.
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
